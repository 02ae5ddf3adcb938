// What models may cost a lab and have cost it. A request is sent only when, even at its worst, it stays under every cap.

import { LabError } from '../../core/errors'
import { addCosts, costData, costOfFailure } from '../spending'
import { NO_COST } from './types'
import type { Cost, ModelCaps } from './types'

/** What one request may take at most. */
export type Worst = Pick<Cost, 'inputTokens' | 'outputTokens' | 'usd'>

export interface Spending {
  /** everything so far, whether or not it came to anything */
  readonly spent: Cost
  /**
   * Sets aside what a request may cost at worst.
   * @returns what to call, once, with what it did cost
   * @throws LabError controller.cap where that could pass a cap; then nothing is set aside and nothing may be sent
   */
  reserve(worst: Worst): (actual: Cost) => void
}

/**
 * Spending under caps.
 * @param before what the lab has spent already
 * @param onSpent told the new sum after every request
 */
export function createSpending(caps: ModelCaps, before: Cost = NO_COST, onSpent: (spent: Cost) => void = () => undefined): Spending {
  let spent = before
  const open = { requests: 0, tokens: 0, usd: 0 }

  function count(sign: 1 | -1, worst: Worst): void {
    open.requests += sign
    open.tokens += sign * (worst.inputTokens + worst.outputTokens)
    open.usd += sign * (worst.usd ?? 0)
  }

  /** @throws LabError controller.cap */
  function refuse(next: Worst): void {
    const requests = spent.requests + open.requests
    const tokens = spent.inputTokens + spent.outputTokens + open.tokens
    const more = next.inputTokens + next.outputTokens
    if (caps.requests !== null && requests + 1 > caps.requests) throw capped(`${requests} of ${caps.requests} requests are used`)
    if (caps.tokens !== null && tokens + more > caps.tokens) {
      throw capped(`${tokens} of ${caps.tokens} tokens are used, and the next request may take ${more}`)
    }
    if (caps.usd === null) return
    if (next.usd === null || spent.usd === null) {
      throw new LabError('controller.cap', 'There is a limit in dollars, but the price of a model is not known, so it cannot be kept.', {
        hint: 'Take the limit in dollars away, or limit requests or tokens instead.',
      })
    }
    const usd = spent.usd + open.usd
    if (usd + next.usd > caps.usd) throw capped(`$${usd.toFixed(2)} of $${caps.usd} are spent, and the next request may cost $${next.usd.toFixed(2)}`)
  }

  return {
    get spent() {
      return spent
    },
    reserve(worst) {
      refuse(worst)
      count(1, worst)
      return (actual) => {
        count(-1, worst)
        spent = addCosts(spent, actual)
        onSpent(spent)
      }
    },
  }
}

function capped(how: string): LabError {
  return new LabError('controller.cap', `The limit for models is reached: ${how}.`, {
    hint: 'Raise the limit, or choose a researcher that needs no model.',
  })
}

/** The same error, saying that it cost this as well; what is no LabError says nothing. */
export function withCost(thrown: unknown, cost: Cost): unknown {
  if (!(thrown instanceof LabError)) return thrown
  const { code, message, hint, data } = thrown
  return new LabError(code, message, { hint, data: { ...data, ...costData(addCosts(costOfFailure(thrown), cost)) } })
}
