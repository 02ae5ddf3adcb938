// The lab that is open: its stores, its loop, and what the page may ask about its record.

import { LabError } from '../core/errors'
import { Rng } from '../core/rng'
import { predictBytes } from '../engine/predict'
import { exportZip } from '../history/exportZip'
import { labSnapshot } from '../history/newLab'
import { resultsTsv } from '../history/results'
import type { Experiment, LabRecord, Repository } from '../history/types'
import { createController } from '../research/controllers/registry'
import type { Loop } from '../research/loop'
import { createLoop } from '../research/loop'
import { receiptFileOf } from './labReplay'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'

export interface LabSession {
  readonly labId: string
  /** Reading needs no lead; the loop is made on the first command. */
  loop(): Promise<Loop>
  /** whether a loop is at work or waiting for the person */
  readonly busy: boolean
  /** whether a run may be under way */
  readonly running: boolean
  /** Makes the loop anew with the next command: it remembers what it was opened with. */
  forget(): void
  sources(number: number): Promise<{ before: string; after: string }>
  sample(number: number, prompt: string, count: number, temperature: number): Promise<string>
  /** The best program so far, or the one that the lab begins with. @throws lab.state while a run is being measured */
  programToProfile(): Promise<{ experiment: number | null; source: string; vocab: number }>
  /** The last receipt of an attempt as a file. @throws lab.state where it has none */
  receipt(number: number): Promise<string>
  exportZip(): Promise<{ name: string; bytes: Uint8Array }>
  exportResults(): Promise<string>
}

/**
 * A session over a lab that is in the ledger.
 * @throws LabError "lab.state" when it is not
 */
export async function openSession(
  labId: string,
  parts: LabParts,
  desk: ReturnType<typeof createDataDesk>,
  board: StatusBoard,
): Promise<LabSession> {
  const found = await parts.ledger.loadLab(labId)
  if (!found) {
    throw new LabError('lab.state', 'This lab is not in this browser.', { hint: 'Start a new one, or open another.' })
  }
  const { task, branch } = found
  const repo: Repository = parts.repository(labId)
  let made: Promise<Loop> | null = null
  let loop: Loop | null = null
  const isRunning = () => loop?.phase === 'running' || loop?.phase === 'stopping'

  async function makeLoop(lab: LabRecord): Promise<Loop> {
    await repo.open(lab.branch, labSnapshot(lab), 'The program that the lab starts from')
    loop = createLoop({
      trainer: parts.trainer,
      box: parts.box,
      ledger: parts.ledger,
      repo,
      labId,
      controller: createController(lab.controller),
      data: async () => (await desk(task.dataset, task.tokenizer)).copy(),
      predictBytes,
      identity: () => parts.identity(),
      onEvent: (event) => board.hear(event),
      now: parts.now,
    })
    return loop
  }

  async function rowOf(number: number): Promise<Experiment> {
    const row = (await parts.ledger.listExperiments(labId)).find((known) => known.number === number)
    if (row) return row
    throw new LabError('lab.state', `There is no experiment ${number} in this lab.`, { hint: 'Choose another.' })
  }

  return {
    labId,
    get busy() {
      return loop !== null && loop.phase !== 'idle' && loop.phase !== 'failed'
    },
    get running() {
      return isRunning()
    },
    loop() {
      made ??= makeLoop(found).catch((thrown: unknown) => {
        made = null
        throw thrown
      })
      return made
    },
    forget() {
      made = loop = null
    },
    async sources(number) {
      const row = await rowOf(number)
      const after = (await repo.read(row.commit))['train.js']
      return { before: row.parentCommit ? (await repo.read(row.parentCommit))['train.js'] : after, after }
    },
    async sample(number, prompt, count, temperature) {
      if (loop?.phase === 'running') {
        throw new LabError('lab.state', 'A run is being measured, and writing text now would slow it down.', {
          hint: 'Pause the lab; when the experiment is over, ask again.',
        })
      }
      const row = await rowOf(number)
      const weights = await parts.ledger.loadWeights(labId, number)
      if (!weights) {
        throw new LabError('lab.state', `The weights of experiment ${number} are not kept.`, {
          hint: 'Weights are kept of the baseline and of the latest kept models, while there is room.',
        })
      }
      const source = (await repo.read(row.commit))['train.js']
      const { tokenizer } = await desk(task.dataset, task.tokenizer)
      board.set({ activity: 'idle' })
      const { tier } = await parts.trainer.open()
      const program = await parts.box.describe({ source, vocab: tokenizer.vocab, tier })
      const begun = [tokenizer.bos, ...tokenizer.encode(new TextEncoder().encode(prompt))]
      const seed = new Rng(parts.now() >>> 0, 'sample').uint32()
      const tokens = await parts.trainer.sample(program, weights, begun, count, temperature, seed)
      return new TextDecoder().decode(tokenizer.decode(tokens) as Uint8Array<ArrayBuffer>)
    },
    async programToProfile() {
      if (isRunning()) {
        throw new LabError('lab.state', 'A run is being measured, and a profile now would slow it down.', {
          hint: 'Pause the lab; when the experiment is over, ask again.',
        })
      }
      const lab = (await parts.ledger.loadLab(labId)) ?? found
      const experiment = lab.incumbent
      const source = experiment === null ? lab.trainJs : (await repo.read((await rowOf(experiment)).commit))['train.js']
      const { tokenizer } = await desk(task.dataset, task.tokenizer)
      board.set({ activity: 'idle' })
      return { experiment, source, vocab: tokenizer.vocab }
    },
    receipt: (number) => receiptFileOf(parts, repo, labId, number),
    async exportZip() {
      const folder = branch.replace('autoresearch/', '')
      return { name: `${folder}.zip`, bytes: await exportZip(repo, folder) }
    },
    async exportResults() {
      return resultsTsv(await parts.ledger.listExperiments(labId))
    },
  }
}
