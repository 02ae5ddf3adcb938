// What the record asks for next: a mode, a program to start from, orders for the researcher, and what the lab does
// itself. A pure function of rows and lab, so that a restart asks for the same.

import type { Experiment, LabRecord } from '../../history/types'
import { figuresOf, type Figures } from './figures'
import { chooseFork, forkBase, FORK_RUNS, type Fork } from './forks'
import { modeOf } from './modes'
import { nearMisses } from './nearMisses'
import type { Guidance, Order, OrderKind } from './types'

/** What the lab can do itself. */
export type MoveKind = Extract<OrderKind, 'review' | 'shrink' | 'invert' | 'combine' | 'ablate' | 'idea'>

export interface Plan extends Guidance {
  /** the experiment whose program is changed */
  base: number
  /** before the attempt begins */
  fork: Fork | null
  move: MoveKind | null
}

const REVIEW_AFTER = 3
const FORK_AFTER = 5
const INVERT_AFTER = 8
const SHRINK_AFTER = 3
/** tries without a new best after which an idea is handed over, and again after every third more */
const STUCK_AFTER = 6
const STUCK_EVERY = 3

/** The name under which the lab's own proposals stand. */
export const GUIDE = 'guide'

/** The plan for the next attempt of a lab that has a baseline. */
export function planOf(lab: LabRecord & { incumbent: number }, rows: readonly Experiment[]): Plan {
  const best = lab.incumbent
  if (lab.guide === 'off') return { mode: 'explore', reason: '', orders: [], base: best, fork: null, move: null }
  const figures = figuresOf(rows)
  const misses = nearMisses(lab, rows)
  const { mode, reason } = modeOf(figures, misses.length)
  const going = forkBase(lab, rows)
  const here: Plan = {
    mode,
    reason: going ? `${reason} On a fork from experiment ${going.number}, ${lab.fork!.left} of its runs to go: ${lab.fork!.reason}.` : reason,
    orders: quota(figures),
    base: going?.number ?? best,
    fork: going ? lab.fork! : null,
    move: null,
  }
  return turn(here, figures, lab, rows) ?? ownMove(here, figures, misses.length)
}

/** What a streak demands, whatever the mode. */
function turn(here: Plan, figures: Figures, lab: LabRecord & { incumbent: number }, rows: readonly Experiment[]): Plan | null {
  const { discards, sinceBest, failures, last, isReviewed } = figures
  const isDiscard = last?.status === 'discard'
  if (isDiscard && every(discards, REVIEW_AFTER) && !isReviewed) {
    return asked(here, 'review', `${discards} discards in a row: write down what they teach, before anything else is run.`)
  }
  if (every(failures, SHRINK_AFTER)) {
    const text = `${failures} failures in a row: back to experiment ${lab.incumbent}, the last that was kept, at half its size.`
    return asked({ ...here, base: lab.incumbent, fork: null }, 'shrink', text)
  }
  if (every(sinceBest, INVERT_AFTER)) {
    const baseline = rows.find(({ status }) => status === 'baseline')
    if (baseline) {
      const reason = `${sinceBest} tries without a new best`
      const fork = { from: baseline.number, left: FORK_RUNS, reason }
      const text = `${reason}: start from the baseline, and turn one of its core assumptions round. Say which.`
      return asked({ ...here, base: baseline.number, fork }, 'invert', text)
    }
  }
  const fork = isDiscard && every(discards, FORK_AFTER) ? chooseFork(lab, rows) : null
  if (fork) {
    const text = `${discards} discards in a row: go on from experiment ${fork.from} instead of the best; ${fork.reason}.`
    return { ...asked({ ...here, base: fork.from, fork }, 'fork', text), move: null }
  }
  return null
}

/** What the mode asks of the lab itself; it and the researcher take turns. */
function ownMove(here: Plan, { last, sinceBest }: Figures, misses: number): Plan {
  if (last?.proposer === GUIDE) return here
  const isOnFork = here.fork !== null
  if (here.mode === 'combine' && !isOnFork) return asked(here, 'combine', `Put two of the ${misses} near misses together.`)
  if (here.mode === 'ablate' && !isOnFork) return asked(here, 'ablate', 'Take one kept change out again, to see whether it still helps.')
  if (sinceBest >= STUCK_AFTER && every(sinceBest, STUCK_EVERY)) return asked(here, 'idea', `${sinceBest} tries without a new best: try a known technique.`)
  return here
}

function asked(here: Plan, kind: MoveKind | 'fork', text: string): Plan {
  const order: Order = { kind, text }
  return { ...here, orders: [...here.orders, order], move: kind === 'fork' ? null : kind }
}

function quota({ kind }: Figures): Order[] {
  if (kind === null) return []
  return [{ kind: 'quota', text: `The last three tries were all of the kind "${kind}": choose another.` }]
}

function every(count: number, step: number): boolean {
  return count > 0 && count % step === 0
}
