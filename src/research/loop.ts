// The loop: propose → commit → run → judge → keep | revert, each step durable before the next begins.
// It drives; the researcher answers, the judge decides, the book remembers.

import { LabError } from '../core/errors'
import type { TokenData } from '../data/types'
import type { ProgramSpec } from '../graph/program'
import type { Experiment, LabRecord, Ledger, Repository } from '../history/types'
import type { Identity } from '../history/identity'
import type { AdapterInfo, RunEvent, Trainer } from '../judge/types'
import type { Box } from '../sandbox/contract'
import type { Activity, Phase } from '../worker/protocol'
import type { Attempts } from './attempt'
import { createAttempts } from './attempt'
import { judgeSeeds } from './bench'
import type { Notice } from './gate'
import { Gate, noticeOf } from './gate'
import { isRepetition, LabBook } from './labBook'
import { createRunner, Interrupted } from './runner'
import { baselineFailed, repetitionNotice, REPETITIONS, STREAK, streakNotice } from './notices'
import { isRecheckDue, recheck } from './recheck'
import { completeIncumbent } from './trial'
import type { Controller } from './types'

export type LoopEvent =
  | { kind: 'phase'; phase: Phase }
  | { kind: 'activity'; activity: Activity; number: number | null; repeat: number; repeats: number }
  | { kind: 'run'; number: number; repeat: number; event: RunEvent }
  | { kind: 'adapter'; adapter: AdapterInfo }
  | { kind: 'notice'; notice: Notice | null; error: LabError | null }
  | { kind: 'row'; row: Experiment }

/** Predicted bytes of a run that may take `memoryBytes`, so that a program too big costs nothing. */
export type PredictBytes = (
  program: ProgramSpec,
  where: { vocab: number; adapter: AdapterInfo; evaluation: LabRecord['task']['evaluation']; memoryBytes: number },
) => number

export interface LoopDeps {
  trainer: Trainer
  box: Box
  ledger: Ledger
  repo: Repository
  labId: string
  controller: Controller
  /** a fresh copy each time: the trainer takes the arrays over */
  data: () => Promise<TokenData>
  predictBytes?: PredictBytes
  /** who signs the receipts; without one there are none */
  identity?: () => Promise<Identity>
  onEvent: (event: LoopEvent) => void
  now?: () => number
}

export interface Loop {
  readonly phase: Phase
  start(): void
  /** Takes effect when the current experiment has been decided. */
  pause(): void
  resume(): void
  /** One experiment, then pause. */
  step(): void
  /** Ends the run in progress at once and records it as stopped. Resolves when the loop is at rest. */
  stop(): Promise<void>
  /** Runs a person's program as the next experiment; durable when it resolves. */
  queueProgram(trainJs: string, hypothesis: string): Promise<void>
  updateProgramMd(text: string): Promise<void>
  /** Resolves when the loop has been launched and has come to rest: idle or failed. */
  settled(): Promise<void>
}

/**
 * The loop over a lab that exists in the ledger and the repository, opened there by the caller.
 * All commands throw LabError "lab.state" when the phase does not allow them.
 */
export function createLoop(deps: LoopDeps): Loop {
  const now = deps.now ?? Date.now
  const emit = deps.onEvent
  const gate = new Gate((phase) => emit({ kind: 'phase', phase }))
  let opening: ReturnType<typeof LabBook.open> | null = null
  let work: Promise<void> = Promise.resolve()
  let failures = 0
  let repetitions = 0
  let unsigned = false

  const notify = (notice: Notice | null, error: LabError | null = null) => emit({ kind: 'notice', notice, error })
  const idle = (activity: Activity) => emit({ kind: 'activity', activity, number: null, repeat: 0, repeats: 0 })

  const runner = createRunner({
    trainer: deps.trainer,
    data: deps.data,
    onOpening: () => idle('opening adapter'),
    onDeviceLost: () =>
      notify({ level: 'warning', message: 'The engine was lost; it is reopened and the run tried once more.', hint: '' }),
  })

  /** A full disk is no reason to lose anything: wait for room, then write again. */
  async function insist<T>(operation: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await operation()
      } catch (thrown) {
        const error = LabError.from(thrown)
        if (error.code !== 'store.quota' || gate.phase !== 'running') throw thrown
        notify(noticeOf(error), error)
        await gate.hold()
        failures = 0
      }
    }
  }

  /** Waits for the person, with the reason on the screen and the phase in the record. */
  async function holdWith(lab: LabBook, notice: Notice, error: LabError | null = null): Promise<void> {
    notify(notice, error)
    idle('idle')
    await insist(() => lab.patch(() => ({ phase: 'paused' })))
    await gate.hold()
    failures = repetitions = 0
    notify(null)
  }

  /** Told once: the next row would only say it again. */
  function onUnsigned(error: LabError): void {
    if (!unsigned) notify(noticeOf(error, 'warning'), error)
    unsigned = true
  }

  function openBook(): ReturnType<typeof LabBook.open> {
    opening ??= LabBook.open({ ...deps, insist, now, onUnsigned }, deps.labId)
    return opening
  }

  async function drive(): Promise<void> {
    notify(null)
    failures = repetitions = 0
    const { book: lab, closed } = await openBook()
    if (closed.length > 0) {
      const message = `Experiment ${closed.join(', ')} was cut off and is closed as a crash.`
      notify({ level: 'info', message, hint: 'Nothing to do: the lab goes on.' })
    }
    emit({ kind: 'adapter', adapter: (await runner.ready()).adapter })
    const attempts = createAttempts({ ...deps, book: lab, runner, gate, now })
    while (!lab.isFinished) {
      await gate.between(async () => {
        idle('idle')
        await insist(() => lab.patch(() => ({ phase: 'paused' })))
      })
      if (lab.lab.phase !== 'running') await insist(() => lab.patch(() => ({ phase: 'running' })))
      if (await advance(lab, attempts)) gate.stepDone()
    }
    await insist(() => lab.patch(() => ({ phase: 'finished' })))
    const message = `All ${lab.lab.maxExperiments} experiments are done.`
    notify({ level: 'info', message, hint: 'Queue a program of your own, or start a new lab to go on.' })
    gate.checkStop()
    gate.event('finished')
  }

  /**
   * One experiment, or one run of what must be measured before the next one can be compared.
   * @returns true when an experiment (the measured baseline counts as one) is over
   */
  async function advance(lab: LabBook, attempts: Attempts): Promise<boolean> {
    const seeds = judgeSeeds(lab.lab.task).length
    try {
      const incumbent = lab.incumbent
      if (!incumbent) {
        const row = await attempts.baseline()
        if (row.status !== 'baseline') throw baselineFailed(row)
        return seeds === 1
      }
      if (incumbent.status === 'baseline' && incumbent.scores.length < seeds) {
        await completeIncumbent(attempts.bench, incumbent.scores.length)
        return incumbent.scores.length + 1 === seeds
      }
      if (isRecheckDue(lab)) {
        const notice = await recheck(attempts.bench)
        if (notice) notify(notice)
        return false
      }
      const row = await attempts.next()
      if (isRepetition(row)) {
        if (++repetitions >= REPETITIONS) await holdWith(lab, repetitionNotice())
        return true
      }
      repetitions = 0
      failures = row.status === 'keep' || row.status === 'discard' ? 0 : failures + 1
      if (failures >= STREAK) await holdWith(lab, streakNotice(row))
      return true
    } catch (thrown) {
      if (thrown instanceof Interrupted) throw thrown
      const error = LabError.from(thrown)
      // these wait for the person, who can change the program or the wish; anything else is a fault of the lab
      if (!/^(controller|program|sandbox|judge|numeric|gpu)\./.test(error.code)) throw thrown
      await holdWith(lab, noticeOf(error), error)
      return false
    }
  }

  function launch(): void {
    opening = null // whatever was in memory gives way to what is durable
    work = drive()
      .catch(async (thrown: unknown) => {
        const stopped = thrown instanceof Interrupted
        const error = stopped ? null : LabError.from(thrown)
        if (error) notify(noticeOf(error), error)
        else await markStopped()
        opening = null
        gate.event(stopped ? 'stopped' : 'failed')
      })
      .finally(() => idle('idle'))
  }

  async function markStopped(): Promise<void> {
    try {
      await (await openBook()).book.patch(() => ({ phase: 'stopped' }))
    } catch (thrown) {
      notify(noticeOf(LabError.from(thrown), 'warning'))
    }
  }

  return {
    get phase() {
      return gate.phase
    },
    start() {
      if (gate.go('start')) launch()
    },
    pause: () => gate.pause(),
    resume() {
      if (gate.go('resume')) launch()
    },
    step() {
      if (gate.go('step')) launch()
    },
    async stop() {
      gate.stop()
      runner.abort()
      await work
    },
    async queueProgram(trainJs, hypothesis) {
      const { book } = await openBook()
      await book.patch((lab) => ({ queue: [...(lab.queue ?? []), { trainJs, hypothesis }] }))
    },
    async updateProgramMd(text) {
      await (await openBook()).book.patch(() => ({ programMd: text }))
    },
    settled: () => work,
  }
}
