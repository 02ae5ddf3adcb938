// The written review after discards in a row, where the researcher does not write one: what the figures say.

import { reflectionOf } from '../../memory/reflection'
import { triesOf } from '../../outcomes'
import type { Proposal } from '../../types'
import { GUIDE } from '../plan'
import type { Desk } from './desk'

const MOST_CHARS = 1500

/** An analysis of the last three tries and of what has not been looked at. */
export async function review(desk: Desk): Promise<Proposal> {
  const { rows, lab, base } = desk
  const tries = triesOf(rows)
  const last = tries.slice(-3)
  const lines = last.map((row) => `${row.number} (${row.description}): ${row.reflection ?? reflectionOf(row, rows, lab)}`)
  return {
    hypothesis: [...lines, ...kinds(tries)].join(' ').slice(0, MOST_CHARS),
    description: `review of ${last.map(({ number }) => number).join(', ')}`,
    category: 'review',
    expectedDelta: null,
    expectedProbability: null,
    source: await desk.source(base),
    isThought: true,
    proposer: GUIDE,
  }
}

/** Which kinds of change have paid, and which have been tried often without. */
function kinds(tries: ReturnType<typeof triesOf>): string[] {
  const byKind = new Map<string, { tries: number; keeps: number }>()
  for (const { category, status } of tries) {
    const kind = byKind.get(category) ?? { tries: 0, keeps: 0 }
    byKind.set(category, { tries: kind.tries + 1, keeps: kind.keeps + Number(status === 'keep') })
  }
  const paid = [...byKind].filter(([, { keeps }]) => keeps > 0).map(([name, { tries, keeps }]) => `${name} (${keeps} of ${tries} kept)`)
  const idle = [...byKind].filter(([, { tries, keeps }]) => keeps === 0 && tries >= 3).map(([name, { tries }]) => `${name} (${tries} tries)`)
  return [
    ...(paid.length > 0 ? [`So far these paid: ${paid.join(', ')}.`] : ['Nothing has paid so far.']),
    ...(idle.length > 0 ? [`These never did: ${idle.join(', ')}.`] : []),
  ]
}
