// What language models cost, in words. Money is said only where prices are known.

import type { Cost } from '../../research/models/types'
import { count, duration, plural } from './format'

/** US dollars with as many digits as say something: $12.40, $0.0031. */
export function money(usd: number | null): string {
  if (usd === null) return 'unknown'
  if (usd === 0) return '$0'
  return `$${usd >= 1 ? usd.toFixed(2) : usd.toPrecision(2)}`
}

/** “3 requests, 2,410 tokens, $0.012, 14 s” */
export function costText({ requests, inputTokens, outputTokens, usd, wallMs }: Cost): string {
  const parts = [plural(requests, 'request'), `${count(inputTokens + outputTokens)} tokens`]
  if (usd !== null && usd > 0) parts.push(money(usd))
  if (usd === null) parts.push('price not known')
  parts.push(duration(wallMs / 1000))
  return parts.join(', ')
}
