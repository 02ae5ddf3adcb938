// One kept change taken out of the best again: what no longer helps makes the program simpler, and the others clearer.

import type { Proposal } from '../../types'
import { merge } from '../merge'
import { isDone, propose, type Desk } from './desk'

/** The best without one of the changes that led to it, the smallest gain first; null where none can be taken out. */
export async function ablate(desk: Desk): Promise<Proposal | null> {
  const kept = desk.rows.filter(({ status }) => status === 'keep').sort((a, b) => (b.deltaBpb ?? 0) - (a.deltaBpb ?? 0))
  const best = await desk.source(desk.base)
  for (const keep of kept) {
    const parent = desk.rows.find(({ number }) => number === keep.parentNumber)
    if (!parent || isDone(desk.rows, 'ablate', [keep.number])) continue
    const without = merge(await desk.source(keep), best, await desk.source(parent))
    if (without.source === null || without.source === best || !(await desk.isOpen(without.source))) continue
    const gain = keep.deltaBpb === null ? '' : `, which gained ${(-keep.deltaBpb).toFixed(4)} bits per byte then`
    return propose(desk, 'ablate', {
      hypothesis: `Take the change of experiment ${keep.number} out of the best (${keep.description}${gain}): later changes may have made it needless.`,
      description: `without the change of ${keep.number}: ${keep.description}`.slice(0, 160),
      category: 'ablation',
      source: without.source,
      parents: [keep.number],
    })
  }
  return null
}
