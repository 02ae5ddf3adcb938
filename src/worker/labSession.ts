// The lab that is open: its stores, its loop, and what the page may ask about its record.

import { LabError } from '../core/errors'
import { Rng } from '../core/rng'
import { predictBytes } from '../engine/predict'
import { exportZip } from '../history/exportZip'
import { labSnapshot } from '../history/newLab'
import { receiptText } from '../history/receipt'
import { resultsTsv } from '../history/results'
import type { Experiment, Repository } from '../history/types'
import type { ResearcherSpec } from '../research/models/types'
import type { Loop, LoopEvent } from '../research/loop'
import { createLoop } from '../research/loop'
import { createQuestions } from '../research/questions'
import { createClients } from './labClients'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import { createResearchers, meterOf } from './labResearch'
import type { StatusBoard } from './labStatus'
import type { ResearchReport } from './researchProtocol'

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
  /** Who proposes from the next proposal on; durable when it resolves. @throws LabError "import.invalid" */
  useResearcher(controller: string, spec: ResearcherSpec | null): Promise<void>
  /** Tells the board what models have cost this lab. */
  showMeter(): Promise<void>
  report(): Promise<ResearchReport>
  sources(number: number): Promise<{ before: string; after: string }>
  sample(number: number, prompt: string, count: number, temperature: number): Promise<string>
  /** The best program so far, or the one that the lab begins with. @throws lab.state while a run is being measured */
  programToProfile(): Promise<{ experiment: number | null; source: string; vocab: number }>
  /** The last receipt of an attempt as a file, with the texts that it names. @throws lab.state where it has none */
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

  const questions = createQuestions((question) => hear({ kind: 'question', question }))
  const researchers = createResearchers(found, createClients(parts, board), questions)

  async function showMeter(): Promise<void> {
    const lab = await parts.ledger.loadLab(labId)
    board.set({ meter: lab && meterOf(lab, await parts.ledger.listExperiments(labId)) })
  }

  function hear(event: LoopEvent): void {
    board.hear(event)
    // a cost is recorded before any of these; a meter that cannot be read is not worth a run
    if (event.kind === 'row' || event.kind === 'notice') void showMeter().catch(() => board.set({ meter: null }))
  }

  async function makeLoop(): Promise<Loop> {
    const lab = (await parts.ledger.loadLab(labId)) ?? found!
    await repo.open(lab.branch, labSnapshot(lab), 'The program that the lab starts from')
    loop = createLoop({
      trainer: parts.trainer,
      box: parts.box,
      ledger: parts.ledger,
      repo,
      labId,
      controller: researchers.open(lab),
      questions,
      data: async () => (await desk(task.dataset, task.tokenizer)).copy(),
      predictBytes,
      identity: () => parts.identity(),
      onEvent: hear,
      now: parts.now,
    })
    return loop
  }

  async function rowOf(number: number): Promise<Experiment> {
    const row = (await parts.ledger.listExperiments(labId)).find((known) => known.number === number)
    if (row) return row
    throw new LabError('lab.state', `There is no experiment ${number} in this lab.`, { hint: 'Choose another.' })
  }

  const session: LabSession = {
    labId,
    get busy() {
      return loop !== null && loop.phase !== 'idle' && loop.phase !== 'failed'
    },
    get running() {
      return isRunning()
    },
    loop() {
      made ??= makeLoop().catch((thrown: unknown) => {
        made = null
        throw thrown
      })
      return made
    },
    forget() {
      made = loop = null
    },
    async useResearcher(controller, spec) {
      const chosen = { controller, researcher: spec ?? undefined }
      const next = researchers.use(chosen)
      const to = await session.loop()
      // moves of the lab's own would take the person's turn
      await to.change(() => ({ ...chosen, guide: controller === 'human' ? 'off' : 'on' }))
      to.useController(next)
    },
    showMeter,
    async report() {
      const { researchReport } = await import('../research/habits/report')
      return researchReport(await parts.ledger.listExperiments(labId))
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
    async receipt(number) {
      const last = (await parts.ledger.listReceipts(labId)).findLast((known) => known.number === number)
      if (!last) {
        throw new LabError('lab.state', `Experiment ${number} has no receipt.`, {
          hint: 'A receipt is signed when an experiment is over, by browsers that can sign (Chrome 137, Firefox 129, Safari 17 or later).',
        })
      }
      const { 'train.js': trainJs, 'task.json': taskJson } = await repo.read(last.receipt.commit)
      return receiptText(last, { 'train.js': trainJs, 'task.json': taskJson })
    },
    async exportZip() {
      const folder = branch.replace('autoresearch/', '')
      return { name: `${folder}.zip`, bytes: await exportZip(repo, folder) }
    },
    async exportResults() {
      return resultsTsv(await parts.ledger.listExperiments(labId))
    },
  }
  return session
}
