// The ledger in Node: one folder a lab.
//   journal.jsonl   one line a change, synced before the call resolves; a torn last line is ignored
//   lab.json        the lab's state, replaced whole
//   curves/N.f32, weights/N.f32   little-endian Float32
// A decision is one journal line holding row, lab and receipt, so it is either recorded or not.
// `seq` tells which of journal and lab.json is the newer.

import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import { LabError } from '../core/errors'
import { writeWhole } from './fileWhole'
import { readFloats, readOr, writeFloats, writeWeights } from './floatFiles'
import { storeError } from './storeErrors'
import type { ReceiptRow } from './receipt'
import type { Experiment, LabRecord, Ledger } from './types'

interface Line {
  seq: number
  experiment?: Experiment
  lab?: LabRecord
  receipt?: ReceiptRow
}

/** What the journal of one lab says, held in memory: one process owns the folder. */
interface Opened {
  seq: number
  lab: LabRecord | null
  experiments: Map<number, Experiment>
  /** by "number/issue" */
  receipts: Map<string, ReceiptRow>
}

const NEWLINE = 0x0a
const SYNC_FAILED = 'writing the ledger'

/**
 * Opens the ledger in `root`, which is created when first written to.
 * @param keepWeights how many trained models are kept per lab
 */
export async function openFileLedger(root: string, keepWeights = 8): Promise<Ledger> {
  return new FileLedger(root, keepWeights)
}

class FileLedger implements Ledger {
  private readonly root: string
  private readonly keepWeights: number
  private readonly opened = new Map<string, Promise<Opened>>()
  private queue: Promise<unknown> = Promise.resolve()

  constructor(root: string, keepWeights: number) {
    this.root = root
    this.keepWeights = keepWeights
  }

  async loadLab(labId: string): Promise<LabRecord | null> {
    return structuredClone((await this.lab(labId)).lab)
  }

  async listLabs(): Promise<LabRecord[]> {
    const labs: LabRecord[] = []
    for (const name of await listOrEmpty(this.root)) {
      const lab = await this.loadLab(decodeURIComponent(name))
      if (lab) labs.push(lab)
    }
    return labs.sort((a, b) => b.updatedAt - a.updatedAt)
  }

  saveLab(lab: LabRecord): Promise<void> {
    return this.change(lab.labId, async (state) => {
      await this.replaceLab(lab, state.seq + 1)
      state.seq++
      state.lab = structuredClone(lab)
    })
  }

  saveExperiment(experiment: Experiment): Promise<void> {
    return this.change(experiment.labId, (state) => this.append(experiment.labId, state, { experiment }))
  }

  commitDecision(experiment: Experiment, lab: LabRecord, receipt?: ReceiptRow | null): Promise<void> {
    return this.change(lab.labId, async (state) => {
      // the decision stands from here on
      await this.append(lab.labId, state, { experiment, lab, ...(receipt && { receipt }) })
      await this.replaceLab(lab, state.seq)
    })
  }

  saveReceipt(receipt: ReceiptRow): Promise<void> {
    return this.change(receipt.labId, (state) => this.append(receipt.labId, state, { receipt }))
  }

  async listReceipts(labId: string): Promise<ReceiptRow[]> {
    const { receipts } = await this.lab(labId)
    return structuredClone([...receipts.values()].sort((a, b) => a.number - b.number || a.issue - b.issue))
  }

  async listExperiments(labId: string): Promise<Experiment[]> {
    const { experiments } = await this.lab(labId)
    return [...experiments.values()].sort((a, b) => a.number - b.number).map((row) => structuredClone(row))
  }

  saveCurve(labId: string, number: number, curve: Float32Array): Promise<void> {
    return this.change(labId, () => writeFloats(this.folder(labId), 'curves', number, curve))
  }

  loadCurve(labId: string, number: number): Promise<Float32Array | null> {
    return readFloats(this.folder(labId), 'curves', number)
  }

  saveWeights(labId: string, number: number, weights: Float32Array): Promise<boolean> {
    return this.change(labId, () => writeWeights(this.folder(labId), number, weights, this.keepWeights))
  }

  loadWeights(labId: string, number: number): Promise<Float32Array | null> {
    return readFloats(this.folder(labId), 'weights', number)
  }

  /** Changes run one after another, and fail as LabErrors. */
  private change<T>(labId: string, work: (state: Opened) => Promise<T>): Promise<T> {
    const done = this.queue.then(async () => {
      try {
        await fs.mkdir(this.folder(labId), { recursive: true })
        return await work(await this.lab(labId))
      } catch (thrown) {
        this.opened.delete(labId) // what is on disk decides
        throw storeError(thrown, SYNC_FAILED)
      }
    })
    this.queue = done.catch(() => undefined) // the caller has the error; the next change starts fresh
    return done
  }

  private lab(labId: string): Promise<Opened> {
    let state = this.opened.get(labId)
    if (!state) {
      state = this.load(labId)
      this.opened.set(labId, state)
      state.catch(() => this.opened.delete(labId))
    }
    return state
  }

  private async load(labId: string): Promise<Opened> {
    const state: Opened = { seq: 0, lab: null, experiments: new Map(), receipts: new Map() }
    const journal = await readOrNull(join(this.folder(labId), 'journal.jsonl'))
    const lines = journal ? await this.wholeLines(labId, journal) : []
    for (const [k, text] of lines.entries()) {
      remember(state, parse(text, `line ${k + 1} of the journal of lab ${labId}`) as Line)
    }
    const labJson = await readOrNull(join(this.folder(labId), 'lab.json'))
    if (labJson) {
      const saved = parse(new TextDecoder().decode(labJson), `lab.json of lab ${labId}`) as { seq: number; lab: LabRecord }
      if (saved.seq >= state.seq || !state.lab) state.lab = saved.lab
      state.seq = Math.max(state.seq, saved.seq)
    }
    return state
  }

  /** Cuts off what a kill left of an unfinished last line, so that the next line starts cleanly. */
  private async wholeLines(labId: string, journal: Uint8Array): Promise<string[]> {
    const end = journal.lastIndexOf(NEWLINE) + 1
    if (end < journal.length) await fs.truncate(join(this.folder(labId), 'journal.jsonl'), end)
    return new TextDecoder().decode(journal.subarray(0, end)).split('\n').slice(0, -1)
  }

  private async append(labId: string, state: Opened, change: Omit<Line, 'seq'>): Promise<void> {
    const text = JSON.stringify({ seq: state.seq + 1, ...change } satisfies Line)
    const file = await fs.open(join(this.folder(labId), 'journal.jsonl'), 'a')
    try {
      await file.writeFile(`${text}\n`)
      await file.datasync()
    } finally {
      await file.close()
    }
    remember(state, JSON.parse(text) as Line) // a copy: what the caller does with his is his
  }

  private replaceLab(lab: LabRecord, seq: number): Promise<void> {
    return writeWhole(join(this.folder(lab.labId), 'lab.json'), `${JSON.stringify({ seq, lab }, null, 2)}\n`)
  }

  private folder(labId: string): string {
    return join(this.root, encodeURIComponent(labId).replaceAll('.', '%2E'))
  }
}

const readOrNull = (path: string) => readOr<Uint8Array | null>(path, fs.readFile(path), null)
const listOrEmpty = (path: string) => readOr<string[]>(path, fs.readdir(path), [])

function remember(state: Opened, { seq, experiment, lab, receipt }: Line): void {
  state.seq = seq
  if (experiment) state.experiments.set(experiment.number, experiment)
  if (lab) state.lab = lab
  if (receipt) state.receipts.set(`${receipt.number}/${receipt.issue}`, receipt)
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LabError('store.corrupt', `The ledger cannot be read: ${where} is damaged.`, {
      hint: 'Delete the .assay folder and start again: the rows are rebuilt from the git repository beside it.',
      cause,
    })
  }
}
