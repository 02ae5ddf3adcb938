// Sections of a prompt under a budget: what must be there comes first, then whole items by priority, and nothing of
// this depends on anything but the sections and the budget.

import { LabError } from '../../core/errors'
import { quote, type QuoteKind } from './quote'
import { estimateTokens } from './tokens'

export interface Section {
  title: string
  /** the lab's own sentence under the title */
  lead?: string
  /** null: the lab's own text and figures, from its code alone; otherwise quoted */
  quoted: QuoteKind | null
  /** of the quotation: what it is of */
  of?: string
  /** first lines that stand wherever an item does, such as the heads of columns */
  head?: string
  /** most important first; cut from the end */
  items: string[]
  /** so many of them are never cut */
  least: number
  /** taken whole or not at all */
  isWhole?: true
  /** lower is served first */
  priority: number
}

/**
 * The sections in their order, each with as many of its items as the budget leaves it; those without items are left out.
 * @throws LabError "controller.limit" when not even the least fits
 */
export function fit(sections: readonly Section[], budget: number): string {
  const plans = sections.filter(({ items }) => items.length > 0).map(planOf)
  let left = budget
  for (const plan of plans) {
    const least = plan.section.isWhole && plan.section.least > 0 ? plan.costs.length : plan.section.least
    if (least > 0) left -= take(plan, Math.min(least, plan.costs.length))
  }
  if (left < 0) throw tooSmall(budget, budget - left)
  for (const plan of plans.toSorted((a, b) => a.section.priority - b.section.priority)) {
    const step = plan.section.isWhole ? plan.costs.length : 1
    while (plan.count + step <= plan.costs.length && costOf(plan, step) <= left) left -= take(plan, step)
  }
  return plans.flatMap(({ section, count }) => (count > 0 ? [textOf(section, count)] : [])).join('\n\n')
}

interface Plan {
  section: Section
  count: number
  /** tokens of what stands around the items, and of each item */
  frame: number
  costs: number[]
}

function planOf(section: Section): Plan {
  const frame = estimateTokens(textOf({ ...section, items: [] }, 0)) + estimateTokens(cutNote(section.items.length)) + 3
  return { section, count: 0, frame, costs: section.items.map((item) => estimateTokens(item) + 1) }
}

/** Of that many more items; the frame comes with the first. */
function costOf({ count, frame, costs }: Plan, more: number): number {
  return costs.slice(count, count + more).reduce((sum, cost) => sum + cost, count === 0 ? frame : 0)
}

function take(plan: Plan, more: number): number {
  const cost = costOf(plan, more)
  plan.count += more
  return cost
}

function textOf({ title, lead, quoted, of, head, items }: Section, count: number): string {
  const cut = items.length - count
  const body = [...(head ? [head] : []), ...items.slice(0, count), ...(cut > 0 ? [cutNote(cut)] : [])].join('\n')
  return [`# ${title}`, ...(lead ? [lead] : []), quoted ? quote(quoted, of ?? title, body) : body].join('\n')
}

function cutNote(count: number): string {
  return `(${count} more lines do not fit)`
}

function tooSmall(budget: number, needed: number): LabError {
  return new LabError('controller.limit', `The prompt needs at least ${needed} tokens; the model has room for ${budget}.`, {
    hint: 'Choose a model with a longer context, let it change knobs only, or shorten train.js.',
  })
}
