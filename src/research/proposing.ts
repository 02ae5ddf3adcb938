// From the record to a proposal that is durable: what the guide asks for, what the researcher or the lab itself
// proposes, and the person's word on it where the lab waits for one.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { Experiment, LabRecord, Pending } from '../history/types'
import type { Researcher } from './asking'
import type { Bench } from './bench'
import { figuresOf } from './guide/figures'
import type { Desk } from './guide/moves/desk'
import { ownMove, type Made } from './guide/moves/own'
import { review } from './guide/moves/review'
import { nearTwin } from './guide/novelty'
import { noteOrders, ordersFor } from './guide/orders'
import { planOf, type MoveKind, type Plan } from './guide/plan'
import type { Guidance, Order } from './guide/types'
import type { LabBook } from './labBook'
import { NO_COST, type Cost } from './models/types'
import type { Questions } from './questions'
import { twinOf } from './rows'
import { addCosts } from './spending'
import type { Proposal } from './types'

export interface ProposerDeps {
  book: LabBook
  bench: Bench
  researcher: Researcher
  questions: Questions
  signal: AbortSignal
}

/** What came of a proposal before it is run. */
export type Word = { kind: 'run'; pending: Pending } | { kind: 'skip'; pending: Pending; reason: string }

export interface Proposer {
  /** The next proposal, durable: one that was made before a cut is gone on with. @throws controller.*, Interrupted */
  propose(): Promise<Pending>
  /** Waits for the person's word where the lab asks for it. @throws Interrupted */
  approve(pending: Pending): Promise<Word>
}

/** How often a researcher is asked again before its proposal is taken as it is. */
const ASKS = 3
/** What a model is asked to do itself, though the lab could. */
const FOR_MODELS: ReadonlySet<MoveKind> = new Set(['review', 'shrink', 'invert', 'idea'])

/** The proposals of one lab. */
export function createProposer({ book, bench, researcher, questions, signal }: ProposerDeps): Proposer {
  const isGuided = () => book.lab.guide !== 'off'

  async function propose(): Promise<Pending> {
    const plan = planOf(leading(book.lab), book.rows)
    const notes = noteOrders(book.lab.notes ?? [])
    const wanted = plan.orders.find((order): order is Order & { kind: MoveKind } => order.kind === plan.move)
    // the person's words are for the researcher: it has its turn then, once what must be written is written
    const isOwn = wanted && (notes.length === 0 || wanted.kind === 'review') && !(researcher.takesOrders && FOR_MODELS.has(wanted.kind))
    const made = isOwn ? await ownMove(wanted, deskFor(plan)) : null
    if (made) return own(plan, made)
    return asked(plan, [...ordersFor(plan, book.lab, book.rows, researcher.takesOrders), ...notes])
  }

  function own(plan: Plan, { proposal, order }: Made): Pending {
    return pendingOf(plan, proposal, [order])
  }

  /** Asks the researcher, and again while it proposes what was tried or more of the same kind. */
  async function asked(plan: Plan, given: Order[]): Promise<Pending> {
    const base = rowOf(plan.base)
    let orders = given
    let cost: Cost | undefined
    for (let ask = 0; ; ask++) {
      const proposal = await answer(plan, base, orders, ask)
      if (!proposal) return own(plan, (await wayOut(plan))!)
      if (proposal.cost) cost = addCosts(cost ?? NO_COST, proposal.cost)
      const paidFor = { ...proposal, proposer: proposal.proposer ?? researcher.name, ...(cost && { cost }) }
      if (!isGuided() || proposal.isThought) return pendingOf(plan, paidFor, orders)
      const objection = await objectionTo(proposal)
      if (objection === null || ask === ASKS) return reviewed(pendingOf(plan, paidFor, [...orders, ...(await warnings(proposal))]))
      orders = [...orders.filter(({ kind, text }) => kind !== objection.kind || text !== objection.text), objection]
    }
  }

  /** The researcher's answer; null where it has nothing new and the lab itself has. */
  async function answer(plan: Plan, base: Experiment, orders: Order[], ask: number): Promise<Proposal | null> {
    const { mode, reason } = plan
    try {
      return await researcher.propose(base, { mode, reason, orders }, ask)
    } catch (thrown) {
      if (LabError.from(thrown).code !== 'controller.exhausted' || !isGuided() || !(await wayOut(plan))) throw thrown
      return null
    }
  }

  function wayOut(plan: Plan): Promise<Made | null> {
    return ownMove({ kind: 'combine', text: 'The researcher has nothing new to try: put near misses together.' }, deskFor(plan))
  }

  /** Where an analysis was asked for and a program came, the lab writes the analysis, and the program is next. */
  async function reviewed(pending: Pending): Promise<Pending> {
    const order = pending.guidance.orders.find(({ kind }) => kind === 'review')
    if (!order) return pending
    const { number, base, guidance } = pending
    const rest = guidance.orders.filter(({ kind }) => kind !== 'review')
    const thought = await review(deskFor({ base: base! }))
    return { proposal: thought, guidance: { ...guidance, orders: [order] }, number, base, next: { ...pending, number: number + 1, guidance: { ...guidance, orders: rest } } }
  }

  async function objectionTo({ source, category }: Proposal): Promise<Order | null> {
    const twin = twinOf(book.rows, await identityOf(source))
    if (twin) return { kind: 'novelty', text: `That was the program of experiment ${twin.number}, ${twin.how}: propose another.` }
    const { kind } = figuresOf(book.rows)
    if (kind === null || kind !== category) return null
    return { kind: 'quota', text: `That was one more of the kind "${category}", as the last three tries were: propose another kind.` }
  }

  async function warnings({ source }: Proposal): Promise<Order[]> {
    const near = await nearTwin(source, book.rows, (row) => book.source(row)).catch(() => null)
    return near ? [{ kind: 'novelty', text: `Almost the program of experiment ${near.number}: ${near.difference || 'nothing that counts differs'}.` }] : []
  }

  async function identityOf(source: string) {
    const programHash = await sha256(source)
    const canonical = await bench.canonical(source)
    return { programHash, ...(canonical !== null && { canonicalHash: canonical }) }
  }

  function deskFor({ base }: Pick<Plan, 'base'>): Desk {
    return {
      lab: book.lab,
      rows: book.rows,
      base: rowOf(base),
      source: (row) => book.source(row),
      async isOpen(source) {
        const identity = await identityOf(source)
        return identity.canonicalHash !== undefined && twinOf(book.rows, identity) === null
      },
    }
  }

  function pendingOf({ mode, reason, base, fork }: Plan, proposal: Proposal, orders: Order[]): Pending {
    const guidance: Guidance = { mode, reason, orders }
    return { proposal, guidance, number: book.lab.nextNumber, base, fork }
  }

  function rowOf(number: number): Experiment {
    const row = book.rows.find((known) => known.number === number)
    if (row) return row
    throw new LabError('lab.internal', `Experiment ${number}, to start from, is not in the record.`)
  }

  return {
    async propose() {
      const kept = book.lab.pending
      if (kept) return kept
      const pending = await propose()
      await book.patch(() => ({ pending }))
      return pending
    },
    async approve(pending) {
      const { proposal } = pending
      if (book.lab.approval !== 'ask' || proposal.isThought) return { kind: 'run', pending }
      const { hypothesis, expectedDelta, expectedProbability, source, proposer = researcher.name } = proposal
      const before = pending.base === null ? '' : await book.source(rowOf(pending.base))
      const question = { kind: 'approve' as const, proposer, hypothesis, expectedDelta, expectedProbability, before, after: source }
      const word = await researcher.unlessStopped(questions.ask(question, signal))
      if (word.kind === 'skip') return { kind: 'skip', pending, reason: word.reason.trim() }
      const isEdited = word.kind === 'run' && word.trainJs !== undefined && word.trainJs !== source
      return { kind: 'run', pending: isEdited ? { ...pending, proposal: editedByHand(proposal, word.trainJs!) } : pending }
    },
  }
}

function leading(lab: LabRecord): LabRecord & { incumbent: number } {
  const { incumbent } = lab
  if (incumbent === null) throw new LabError('lab.internal', 'There is nothing to compare with yet.')
  return { ...lab, incumbent }
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
