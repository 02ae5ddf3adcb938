// What language models cost, added up: on the row they worked for, and over the whole lab.

import type { LabError } from '../core/errors'
import { NO_COST, type Cost } from './models/types'

/** Two costs as one; a price that is not known makes the sum unknown. */
export function addCosts(a: Cost, b: Cost): Cost {
  return {
    requests: a.requests + b.requests,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    usd: a.usd === null || b.usd === null ? null : a.usd + b.usd,
    wallMs: a.wallMs + b.wallMs,
  }
}

/** Whether anything was asked of a model. */
export function isSpent(cost: Cost): boolean {
  return cost.requests > 0 || cost.inputTokens > 0 || cost.outputTokens > 0
}

/** A cost as the data of an error: whoever gives up after having asked says so there. */
export function costData({ requests, inputTokens, outputTokens, usd, wallMs }: Cost): LabError['data'] {
  return { requests, inputTokens, outputTokens, usd, wallMs }
}

/** What a failure cost, as far as it says. */
export function costOfFailure({ data }: LabError): Cost {
  const of = (name: keyof Cost) => (typeof data[name] === 'number' ? data[name] : 0)
  const usd = data.usd === null ? null : of('usd')
  return { ...NO_COST, requests: of('requests'), inputTokens: of('inputTokens'), outputTokens: of('outputTokens'), usd, wallMs: of('wallMs') }
}

/** The sum of what a row's proposal and reflection cost; absent where nothing was asked. */
export function rowCost(before: Cost | undefined, more: Cost | undefined): { cost?: Cost } {
  if (!before && !more) return {}
  return { cost: addCosts(before ?? NO_COST, more ?? NO_COST) }
}
