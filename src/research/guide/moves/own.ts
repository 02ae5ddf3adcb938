// What the lab proposes itself, and the order that says so on the row.

import type { Proposal } from '../../types'
import type { MoveKind } from '../plan'
import type { Order } from '../types'
import { ablate } from './ablate'
import { combine } from './combine'
import type { Desk } from './desk'
import { idea } from './idea'
import { invert } from './invert'
import { review } from './review'
import { shrink } from './shrink'

const MOVES: Record<Exclude<MoveKind, 'idea'>, (desk: Desk) => Promise<Proposal | null>> = { review, shrink, invert, combine, ablate }

export interface Made {
  proposal: Proposal
  order: Order
}

/**
 * The lab's own proposal of a kind. Where there is nothing to combine or to take out, an idea takes its place.
 * @param order what the plan says of it
 * @returns null where nothing of the kind is left
 */
export async function ownMove(order: Order & { kind: MoveKind }, desk: Desk): Promise<Made | null> {
  if (order.kind !== 'idea') {
    const proposal = await MOVES[order.kind](desk)
    if (proposal) return { proposal, order }
    if (order.kind !== 'combine' && order.kind !== 'ablate') return null
  }
  const found = await idea(desk)
  return found && { proposal: found.proposal, order: { kind: 'idea', text: found.text } }
}
