// The ledger in Node: one folder a lab.
//   journal.jsonl   one line a change, synced before the call resolves; a torn last line is ignored
//   lab.json        the lab's state, replaced whole
//   curves/N.f32, weights/N.f32   little-endian Float32
// A decision is one journal line holding both row and lab, so it is either recorded or not.
// `seq` tells which of journal and lab.json is the newer.

import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import { LabError } from '../core/errors'
import { writeWhole } from './fileWhole'
import { isQuota, storeError } from './storeErrors'
import type { Experiment, LabRecord, Ledger } from './types'

interface Line {
  seq: number
  experiment: Experiment
  lab?: LabRecord
}

/** What the journal of one lab says, held in memory: one process owns the folder. */
interface Opened {
  seq: number
  lab: LabRecord | null
  experiments: Map<number, Experiment>
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
    return this.change(experiment.labId, async (state) => {
      await this.append({ seq: state.seq + 1, experiment })
      state.seq++
      state.experiments.set(experiment.number, structuredClone(experiment))
    })
  }

  commitDecision(experiment: Experiment, lab: LabRecord): Promise<void> {
    return this.change(lab.labId, async (state) => {
      await this.append({ seq: state.seq + 1, experiment, lab }) // the decision stands from here on
      state.seq++
      state.experiments.set(experiment.number, structuredClone(experiment))
      state.lab = structuredClone(lab)
      await this.replaceLab(lab, state.seq)
    })
  }

  async listExperiments(labId: string): Promise<Experiment[]> {
    const { experiments } = await this.lab(labId)
    return [...experiments.values()].sort((a, b) => a.number - b.number).map((row) => structuredClone(row))
  }

  saveCurve(labId: string, number: number, curve: Float32Array): Promise<void> {
    return this.change(labId, () => this.writeFloats(labId, 'curves', number, curve))
  }

  loadCurve(labId: string, number: number): Promise<Float32Array | null> {
    return this.readFloats(labId, 'curves', number)
  }

  saveWeights(labId: string, number: number, weights: Float32Array): Promise<boolean> {
    return this.change(labId, async () => {
      const stored = await this.tryWeights(labId, number, weights)
      const kept = await this.weightNumbers(labId)
      for (const old of kept.slice(0, Math.max(0, kept.length - this.keepWeights))) await this.dropWeights(labId, old)
      return stored
    })
  }

  loadWeights(labId: string, number: number): Promise<Float32Array | null> {
    return this.readFloats(labId, 'weights', number)
  }

  /** On a full disk the oldest model makes room, once. */
  private async tryWeights(labId: string, number: number, weights: Float32Array): Promise<boolean> {
    for (const last of [false, true]) {
      try {
        await this.writeFloats(labId, 'weights', number, weights)
        return true
      } catch (error) {
        if (!isQuota(error)) throw error
        const [oldest] = (await this.weightNumbers(labId)).filter((n) => n !== number)
        if (last || oldest === undefined) return false
        await this.dropWeights(labId, oldest)
      }
    }
    return false
  }

  private async weightNumbers(labId: string): Promise<number[]> {
    const names = await listOrEmpty(join(this.folder(labId), 'weights'))
    return names.filter((name) => /^\d+\.f32$/.test(name)).map((name) => parseInt(name, 10)).sort((a, b) => a - b)
  }

  private dropWeights(labId: string, number: number): Promise<void> {
    return fs.rm(this.floatsPath(labId, 'weights', number), { force: true })
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
    const state: Opened = { seq: 0, lab: null, experiments: new Map() }
    const journal = await readOrNull(join(this.folder(labId), 'journal.jsonl'))
    const lines = journal ? await this.wholeLines(labId, journal) : []
    for (const [k, text] of lines.entries()) {
      const line = parse(text, `line ${k + 1} of the journal of lab ${labId}`) as Line
      state.seq = line.seq
      state.experiments.set(line.experiment.number, line.experiment)
      if (line.lab) state.lab = line.lab
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

  private async append(line: Line): Promise<void> {
    const file = await fs.open(join(this.folder(line.experiment.labId), 'journal.jsonl'), 'a')
    try {
      await file.writeFile(`${JSON.stringify(line)}\n`)
      await file.datasync()
    } finally {
      await file.close()
    }
  }

  private replaceLab(lab: LabRecord, seq: number): Promise<void> {
    return writeWhole(join(this.folder(lab.labId), 'lab.json'), `${JSON.stringify({ seq, lab }, null, 2)}\n`)
  }

  private async writeFloats(labId: string, kind: 'curves' | 'weights', number: number, values: Float32Array) {
    await fs.mkdir(join(this.folder(labId), kind), { recursive: true })
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    await writeWhole(this.floatsPath(labId, kind, number), bytes)
  }

  private async readFloats(labId: string, kind: 'curves' | 'weights', number: number): Promise<Float32Array | null> {
    const bytes = await readOrNull(this.floatsPath(labId, kind, number))
    return bytes ? new Float32Array(Uint8Array.from(bytes).buffer) : null
  }

  private floatsPath(labId: string, kind: 'curves' | 'weights', number: number): string {
    return join(this.folder(labId), kind, `${number}.f32`)
  }

  private folder(labId: string): string {
    return join(this.root, encodeURIComponent(labId).replaceAll('.', '%2E'))
  }
}

const readOrNull = (path: string) => readOr<Uint8Array | null>(path, fs.readFile(path), null)
const listOrEmpty = (path: string) => readOr<string[]>(path, fs.readdir(path), [])

/** What reading a file or folder gives, or `absent` where there is none. */
async function readOr<T>(path: string, reading: Promise<T>, absent: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent
    throw storeError(error, `reading ${path}`)
  }
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
