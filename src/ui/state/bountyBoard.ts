// Which bounties of the board are shown, and in what order.

import type { BountySpec } from '../../bounty/types'
import type { ListingView } from '../../worker/bountyProtocol'
import { isOpen } from './bountyWords'

export interface BoardFilter {
  search: string
  open: boolean
  watched: boolean
  escrow: BountySpec['escrow'] | 'any'
  money: 'any' | 'play' | 'real'
  order: 'newest' | 'pool' | 'deadline'
}

export const EVERYTHING: BoardFilter = { search: '', open: false, watched: false, escrow: 'any', money: 'any', order: 'newest' }

/** The listings that pass, in order. */
export function pick(board: readonly ListingView[], filter: BoardFilter, now: number): ListingView[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter((word) => word !== '').slice(0, 10)
  const passes = (listing: ListingView) => {
    const { spec, author, id } = listing
    if (filter.open && !isOpen(listing, now)) return false
    if (filter.watched && !listing.watched) return false
    if (filter.escrow !== 'any' && spec.escrow !== filter.escrow) return false
    if (filter.money !== 'any' && spec.money !== filter.money) return false
    const text = `${spec.title} ${spec.description} ${spec.task.name} ${author} ${id}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  return board.filter(passes).sort(ORDERS[filter.order])
}

const ORDERS: Record<BoardFilter['order'], (a: ListingView, b: ListingView) => number> = {
  newest: (a, b) => b.createdAt - a.createdAt,
  pool: (a, b) => b.spec.poolSat - a.spec.poolSat,
  deadline: (a, b) => a.spec.deadline - b.spec.deadline,
}
