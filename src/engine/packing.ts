// Where everything short-lived of a plan lies. All lifetimes are known before anything is placed, so this is packing
// rather than allocation: in several orders, each thing into the tightest hole that is free for as long as it lives.

import type { BufferPool, BufferRange } from './bufferPool'
import type { Capabilities, Kernel } from './kernel'

/** Memory lent from one moment of a plan to another, both included. */
export interface Loan {
  bytes: number
  first: number
  last: number
  /**
   * Loans that must lie in another buffer: one kernel reads the one and writes the other, and WebGPU lets a buffer
   * be only read or only written by a dispatch, whatever the ranges.
   */
  apart: Set<Loan>
}

/** A buffer of loans, filled in by `settle`. */
interface Shelf {
  bytes: number
  loans: { loan: Loan; offset: number }[]
}

/** What WebGPU asks of a storage binding's offset, in bytes. */
const ALIGN = 256

/** Lends memory that is found only when everything has been lent. */
export class Lender {
  private now = 0
  private readonly loans = new Map<Loan, BufferRange[]>()

  /** The next moment: loans used at one moment are alive together. */
  tick(): void {
    this.now++
  }

  /** Memory from now on, until its last `range`. */
  acquire(bytes: number): Loan {
    const loan = { bytes, first: this.now, last: this.now, apart: new Set<Loan>() }
    this.loans.set(loan, [])
    return loan
  }

  /** A piece of a loan, in use now; `buffer` and `offset` are right only after `settle`. */
  range(loan: Loan, offset = 0, bytes = loan.bytes): BufferRange {
    loan.last = this.now
    const range = { buffer: -1, offset, bytes }
    this.loans.get(loan)!.push(range)
    return range
  }

  /** Notes which loans a kernel may not find in one buffer; `lent` gives the loan of each binding, if it is one. */
  bind(kernel: Kernel, lent: readonly (Loan | undefined)[]): void {
    for (const [i, read] of lent.entries()) {
      if (!read || kernel.bindings[i].access !== 'read') continue
      for (const [j, written] of lent.entries()) {
        if (!written || kernel.bindings[j].access === 'read' || read === written) continue
        read.apart.add(written)
        written.apart.add(read)
      }
    }
  }

  /** The most bytes that are lent at any one moment: no packing needs less. */
  peakBytes(): number {
    const change = new Map<number, number>()
    for (const { bytes: exact, first, last } of this.loans.keys()) {
      const bytes = aligned(exact)
      change.set(first, (change.get(first) ?? 0) + bytes)
      change.set(last + 1, (change.get(last + 1) ?? 0) - bytes)
    }
    let [lent, most] = [0, 0]
    for (const at of [...change.keys()].sort((a, b) => a - b)) most = Math.max(most, (lent += change.get(at)!))
    return most
  }

  /** Packs all loans into as few bytes as it can and fills in every range. Same loans, same places. */
  settle(pool: BufferPool, caps: Pick<Capabilities, 'maxBufferBytes'>): void {
    const packings = ORDERS.map((before) => pack([...this.loans.keys()].sort(before), caps.maxBufferBytes))
    const best = packings.reduce((a, b) => (totalBytes(b) < totalBytes(a) ? b : a))
    for (const { bytes, loans } of best) {
      const { buffer } = pool.dedicate('activations', bytes)
      for (const { loan, offset } of loans)
        for (const range of this.loans.get(loan)!) {
          range.buffer = buffer
          range.offset += offset
        }
    }
  }
}

const span = ({ first, last }: Loan) => last - first + 1

/** None of these is best for every model; packing takes far less time than lowering the ops does. */
const ORDERS: readonly ((a: Loan, b: Loan) => number)[] = [
  (a, b) => b.bytes - a.bytes || a.first - b.first,
  (a, b) => b.bytes * span(b) - a.bytes * span(a) || a.first - b.first,
  (a, b) => span(b) - span(a) || b.bytes - a.bytes,
  (a, b) => a.first - b.first || b.bytes - a.bytes,
]

function pack(order: readonly Loan[], limit: number): Shelf[] {
  const shelves: Shelf[] = []
  for (const loan of order) shelve(shelves, loan, limit)
  return shelves
}

function totalBytes(shelves: readonly Shelf[]): number {
  return shelves.reduce((n, { bytes }) => n + bytes, 0)
}

/** Puts a loan where the shelves grow least, in the tightest hole; on a new shelf only where no other may hold it. */
function shelve(shelves: Shelf[], loan: Loan, limit: number): void {
  const need = aligned(loan.bytes)
  let best: { shelf: number; offset: number; growth: number; hole: number } | null = null
  for (const [shelf, { bytes, loans }] of shelves.entries()) {
    const neighbours = loans.filter(({ loan: other }) => other.first <= loan.last && other.last >= loan.first)
    if (neighbours.some(({ loan: other }) => loan.apart.has(other))) continue
    const { offset, hole } = tightestHole(neighbours, need, bytes)
    if (offset + need > limit) continue
    const growth = Math.max(0, offset + need - bytes)
    if (!best || growth < best.growth || (growth === best.growth && hole < best.hole)) best = { shelf, offset, growth, hole }
  }
  if (!best) {
    shelves.push({ bytes: 0, loans: [] })
    best = { shelf: shelves.length - 1, offset: 0, growth: need, hole: need }
  }
  const { shelf, offset } = best
  shelves[shelf].loans.push({ loan, offset })
  shelves[shelf].bytes = Math.max(shelves[shelf].bytes, offset + need)
}

/** The smallest hole of at least `need` bytes between neighbours in time, or the place after the last of them. */
function tightestHole(neighbours: Shelf['loans'], need: number, bytes: number): { offset: number; hole: number } {
  const sorted = [...neighbours].sort((a, b) => a.offset - b.offset)
  let best: { offset: number; hole: number } | null = null
  let at = 0
  for (const { loan, offset } of sorted) {
    const hole = offset - at
    if (hole >= need && (!best || hole < best.hole)) best = { offset: at, hole }
    at = Math.max(at, offset + aligned(loan.bytes))
  }
  if (!best || (bytes - at >= need && bytes - at < best.hole)) return { offset: at, hole: Math.max(need, bytes - at) }
  return best
}

function aligned(bytes: number): number {
  return Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN)
}
