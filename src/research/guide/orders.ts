// The orders of a plan, as one researcher is given them.

import type { Experiment, LabRecord } from '../../history/types'
import { ideaText, paperText, unreadPaper, untriedIdeas } from './deck/deck'
import type { Plan } from './plan'
import type { Order } from './types'

/** What a proposal can be held to without being understood. */
const FOR_ALL: ReadonlySet<Order['kind']> = new Set(['fork', 'quota'])

/** The orders for a researcher; one that takes none is told only what is checked in any case. */
export function ordersFor(plan: Plan, lab: LabRecord, rows: readonly Experiment[], takesOrders: boolean): Order[] {
  if (!takesOrders) return plan.orders.filter(({ kind }) => FOR_ALL.has(kind))
  return plan.orders.flatMap((order) => (order.kind === 'idea' ? ideaOrder(lab, rows) : [order]))
}

/** The person's own words, each an order. */
export function noteOrders(notes: readonly string[]): Order[] {
  return notes.map((text) => ({ kind: 'note', text }))
}

/** A paper of the person's first, then the deck; nothing where both have been used up. */
function ideaOrder(lab: LabRecord, rows: readonly Experiment[]): Order[] {
  const paper = unreadPaper(lab, rows)
  if (paper !== null) return [{ kind: 'idea', text: `${paperText(paper)} take one idea that fits this program from what the person gave of it, and try it.` }]
  const found = untriedIdeas(rows).at(0)
  return found ? [{ kind: 'idea', text: `${ideaText(found.name)} ${found.sentence} (${found.source}) Try it here.` }] : []
}
