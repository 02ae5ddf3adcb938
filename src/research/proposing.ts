// From the record to a proposal that is durable: what is asked of the researcher, what it answers and costs, and the
// person's word on it where the lab waits for one.

import { LabError } from '../core/errors'
import type { Experiment, Pending } from '../history/types'
import type { Bench } from './bench'
import { researchContext, UNGUIDED, type Ways } from './context'
import type { Order } from './guide/types'
import type { LabBook } from './labBook'
import type { LoopDeps } from './loop'
import { Interrupted } from './runner'
import { addCosts, costOfFailure, isSpent } from './spending'
import { NO_COST, type Cost } from './models/types'
import type { Questions } from './questions'
import type { Controller, Proposal, ResearchContext } from './types'

export interface ProposerDeps extends Pick<LoopDeps, 'onEvent'> {
  book: LabBook
  bench: Bench
  /** who proposes now; the person may choose another between two experiments */
  controller: () => Controller
  questions: Questions
  /** ends with the lab's stop */
  signal: AbortSignal
}

/** What came of a proposal before it is run. */
export type Word = { kind: 'run'; pending: Pending } | { kind: 'skip'; pending: Pending; reason: string }

export interface Proposer {
  /** The next proposal, durable: one that was made before a cut is gone on with. @throws controller.*, Interrupted */
  propose(): Promise<Pending>
  /** Waits for the person's word where the lab asks for it. @throws Interrupted */
  approve(pending: Pending): Promise<Word>
  /** whether the researcher reflects by itself */
  readonly reflects: boolean
  /** One line and new lessons from the researcher, or null where it leaves that to the figures. */
  reflect(row: Experiment): Promise<{ text: string; cost: Cost } | null>
  learn(): Promise<{ text: string; cost: Cost } | null>
}

/** The proposals of one lab. */
export function createProposer({ book, bench, controller, questions, signal, onEvent }: ProposerDeps): Proposer {
  /** A researcher that does not listen to the signal is left alone with its answer. */
  async function unlessStopped<T>(work: Promise<T>): Promise<T> {
    let onAbort = () => {}
    const stopped = new Promise<never>((_, reject) => {
      onAbort = () => reject(new Interrupted())
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([work, stopped])
    } catch (thrown) {
      throw signal.aborted ? new Interrupted() : thrown
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** What it cost is recorded whatever comes of it. */
  async function paid<T extends { cost?: Cost }>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await unlessStopped(work())
      if (answer.cost && isSpent(answer.cost)) await book.spend(answer.cost)
      return answer
    } catch (thrown) {
      const cost = thrown instanceof LabError ? costOfFailure(thrown) : NO_COST
      if (isSpent(cost)) await book.spend(cost)
      throw thrown
    }
  }

  async function contextFor(base: Experiment, guidance: Ways['guidance'], ask: number): Promise<ResearchContext> {
    const { name } = controller()
    const ways: Ways = {
      ...UNGUIDED,
      guidance,
      base: base.number,
      signal,
      check: bench.check,
      onText: (delta) => onEvent({ kind: 'text', proposer: name, delta }),
    }
    return researchContext(book.lab, book.rows, await book.source(base), ways, ask)
  }

  function incumbent(): Experiment {
    if (book.incumbent) return book.incumbent
    throw new LabError('lab.internal', 'There is nothing to compare with yet.')
  }

  async function reflecting(work: ((context: ResearchContext) => Promise<{ text: string; cost: Cost }>) | undefined) {
    if (!work) return null
    const context = await contextFor(incumbent(), UNGUIDED.guidance, 0)
    return paid(() => work(context))
  }

  return {
    get reflects() {
      return controller().reflect !== undefined
    },
    async propose() {
      const kept = book.lab.pending
      if (kept) return kept
      const base = incumbent()
      const guidance = { ...UNGUIDED.guidance, orders: noteOrders(book.lab.notes ?? []) }
      const { name } = controller()
      const context = await contextFor(base, guidance, 0)
      const proposal = await paid(() => controller().propose(context))
      const pending: Pending = {
        proposal: { ...proposal, proposer: proposal.proposer ?? name },
        guidance,
        number: book.lab.nextNumber,
        base: base.number,
      }
      await book.patch(() => ({ pending }))
      return pending
    },
    async approve(pending) {
      const { proposal } = pending
      if (book.lab.approval !== 'ask' || proposal.isThought) return { kind: 'run', pending }
      const base = book.rows.find(({ number }) => number === pending.base)
      const answer = await unlessStopped(
        questions.ask(
          {
            kind: 'approve',
            proposer: proposal.proposer ?? controller().name,
            hypothesis: proposal.hypothesis,
            expectedDelta: proposal.expectedDelta,
            expectedProbability: proposal.expectedProbability,
            before: base ? await book.source(base) : '',
            after: proposal.source,
          },
          signal,
        ),
      )
      if (answer.kind === 'skip') return { kind: 'skip', pending, reason: answer.reason.trim() }
      const edited = answer.kind === 'run' && answer.trainJs !== undefined && answer.trainJs !== proposal.source
      return { kind: 'run', pending: edited ? { ...pending, proposal: editedByHand(proposal, answer.trainJs!) } : pending }
    },
    reflect: (row) => reflecting(controller().reflect && ((context) => controller().reflect!(context, row))),
    learn: () => reflecting(controller().learn && ((context) => controller().learn!(context))),
  }
}

/** The person's own words, each an order. */
export function noteOrders(notes: readonly string[]): Order[] {
  return notes.map((text) => ({ kind: 'note', text }))
}

/** Nobody predicted what the person made of it. */
function editedByHand(proposal: Proposal, source: string): Proposal {
  return {
    ...proposal,
    source,
    proposer: 'human',
    description: `${proposal.description} (edited by hand)`,
    expectedDelta: null,
    expectedProbability: null,
  }
}

/** The sum of what a row's proposal and reflection cost; absent where nothing was asked. */
export function rowCost(before: Cost | undefined, more: Cost | undefined): { cost?: Cost } {
  if (!before && !more) return {}
  return { cost: addCosts(before ?? NO_COST, more ?? NO_COST) }
}
