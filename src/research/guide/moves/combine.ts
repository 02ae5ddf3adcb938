// Two near misses in one program: the change that each made to its own parent, put on top of the best.

import type { Experiment } from '../../../history/types'
import type { Proposal } from '../../types'
import { merge, type Merged } from '../merge'
import { nearMisses } from '../nearMisses'
import { isDone, propose, type Desk } from './desk'

/** Near misses that are looked at, the best first: fifteen pairs. */
const MOST = 6

/** The first pair of near misses that goes together and has not been tried; null where there is none. */
export async function combine(desk: Desk): Promise<Proposal | null> {
  const misses = nearMisses(desk.lab, desk.rows).slice(0, MOST).map(({ row }) => row)
  const clashes: string[] = []
  for (const [i, a] of misses.entries())
    for (const b of misses.slice(i + 1)) {
      const parents = [a.number, b.number]
      if (isDone(desk.rows, 'combine', parents)) continue
      const merged = await together(desk, a, b)
      if (merged === null) continue
      if (merged.source === null) clashes.push(`${a.number} and ${b.number} clash: ${merged.clashes.join('; ')}`)
      else if (await desk.isOpen(merged.source)) {
        const passed = clashes.length === 0 ? '' : ` Passed over: ${clashes.slice(0, 3).join('. ')}.`
        return propose(desk, 'combine', {
          hypothesis: `Each of ${a.number} and ${b.number} missed the best by less than the noise; together they may clear it: ${a.description}; ${b.description}.${passed}`,
          description: `combine ${a.number} and ${b.number}: ${a.description}; ${b.description}`.slice(0, 160),
          category: 'combination',
          source: merged.source,
          parents,
        })
      }
    }
  return null
}

/** The best with both changes; null where one of them adds nothing to it. */
async function together(desk: Desk, ...misses: Experiment[]): Promise<Merged | null> {
  let text = await desk.source(desk.base)
  for (const miss of misses) {
    const parent = desk.rows.find(({ number }) => number === miss.parentNumber)
    if (!parent) return null
    const merged = merge(await desk.source(parent), text, await desk.source(miss))
    if (merged.source === null) return merged
    if (merged.source === text) return null
    text = merged.source
  }
  return { source: text, clashes: [] }
}
