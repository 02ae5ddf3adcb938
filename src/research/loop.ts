// The loop: propose → commit → run → judge → keep | revert, each step durable before the next begins.
// It drives; the researcher answers, the judge decides, the book remembers.

import { LabError } from '../core/errors'
import type { Activity } from '../worker/protocol'
import type { Attempts } from './attempt'
import { createAttempts } from './attempt'
import { judgeSeeds } from './bench'
import type { Notice } from './gate'
import { Gate, noticeOf } from './gate'
import { endOf } from './guide/ends'
import type { EndState } from './guide/types'
import { LabBook } from './labBook'
import type { Loop, LoopDeps } from './loopTypes'
import { createRunner, Interrupted } from './runner'
import { badReplyNotice, baselineFailed, endNotice } from './notices'
import { isRecheckDue, recheck } from './recheck'
import { triesOf } from './outcomes'
import { createQuestions } from './questions'
import { Streaks } from './streaks'
import { completeIncumbent } from './trial'

export type * from './loopTypes'

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
  let controller = deps.controller
  /** ends with a stop: whoever answers need not go on */
  let stopping = new AbortController()
  const streaks = new Streaks()
  let unsigned = false

  const notify = (notice: Notice | null, error: LabError | null = null) => emit({ kind: 'notice', notice, error })
  const idle = (activity: Activity) => emit({ kind: 'activity', activity, number: null, repeat: 0, repeats: 0 })

  const questions = deps.questions ?? createQuestions((question) => emit({ kind: 'question', question }))

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
        streaks.clear()
      }
    }
  }

  /** Waits for the person, with the reason on the screen and the phase in the record. */
  async function holdWith(lab: LabBook, notice: Notice, error: LabError | null = null): Promise<void> {
    if (deps.unattended) throw new Blocked(notice)
    notify(notice, error)
    idle('idle')
    await insist(() => lab.patch(() => ({ phase: 'paused' })))
    await gate.hold()
    streaks.clear()
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
    streaks.clear()
    const { book: lab, closed } = await openBook()
    if (closed.length > 0) {
      const message = `Experiment ${closed.join(', ')} was cut off and is closed as a crash.`
      notify({ level: 'info', message, hint: 'Nothing to do: the lab goes on.' })
    }
    // whoever starts a lab that has ended wants it to go on
    const over = lab.lab.end
    if (over) await insist(() => lab.patch(() => ({ end: null, ...(over.by === 'evidence' && { goneOnAfter: triesOf(lab.rows).length }) })))
    emit({ kind: 'adapter', adapter: (await runner.ready()).adapter })
    const { signal } = stopping
    const attempts = createAttempts({ ...deps, book: lab, runner, gate, now, questions, signal, controller: () => controller })
    const end = await untilEnd(lab, attempts)
    await insist(() => lab.patch(() => ({ phase: 'finished', end })))
    notify(endNotice(end))
    gate.checkStop()
    gate.event('finished')
  }

  async function untilEnd(lab: LabBook, attempts: Attempts): Promise<EndState> {
    for (;;) {
      const end = endOf(lab.lab, lab.rows)
      if (end) return end
      await gate.between(async () => {
        idle('idle')
        await insist(() => lab.patch(() => ({ phase: 'paused' })))
      })
      if (lab.lab.phase !== 'running') await insist(() => lab.patch(() => ({ phase: 'running' })))
      try {
        if (await advance(lab, attempts)) gate.stepDone()
      } catch (thrown) {
        if (!(thrown instanceof Blocked)) throw thrown
        const { message, hint } = thrown.notice
        return { kind: 'BLOCKED', by: 'evidence', evidence: `${message} ${hint}`.trim() }
      }
    }
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
      const notice = streaks.after(row)
      if (notice) await holdWith(lab, notice)
      return row.status !== 'thought'
    } catch (thrown) {
      if (thrown instanceof Interrupted || thrown instanceof Blocked) throw thrown
      const error = LabError.from(thrown)
      // these wait for the person, who can change the program or the wish; anything else is a fault of the lab
      if (!/^(controller|key|program|sandbox|judge|numeric|gpu)\./.test(error.code)) throw thrown
      if (error.code === 'controller.badReply' && streaks.mayAskAgain()) notify(badReplyNotice(error), error)
      else await holdWith(lab, noticeOf(error), error)
      return false
    }
  }

  function launch(): void {
    stopping = new AbortController()
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
      stopping.abort(new Interrupted())
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
    async change(change) {
      await (await openBook()).book.patch(change)
    },
    useController(next) {
      controller = next
    },
    answer: (id, answer) => questions.answer(id, answer),
    settled: () => work,
  }
}

/** Thrown where a lab would wait for a person, and none is there. */
class Blocked extends Error {
  readonly notice: Notice

  constructor(notice: Notice) {
    super(notice.message)
    this.notice = notice
  }
}
