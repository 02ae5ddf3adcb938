// Parties at a bounty, for tests, and how their money stands; everybody is switched off after the test.

import type { BountySpec } from '../types'
import { Parties, programOf, type Name } from './parties'

export const SAT = 1000
/** What everybody begins with, msat. */
export const START = 1_000_000

let ended: (() => unknown)[] = []

/** Done after the test, the last one first. */
export function atEnd(work: () => unknown): void {
  ended.push(work)
}

/** For afterEach. */
export async function endAll(): Promise<void> {
  for (const end of ended.reverse()) await end()
  ended = []
}

export async function world(names: Name[] = ['sponsor', 'hunter', 'verifier'], urls: string[] = []): Promise<Parties> {
  const parties = await Parties.make()
  atEnd(() => parties.end())
  for (const name of names) await parties.party(name).start(urls)
  return parties
}

/** A bounty on the board, and the hunter's patch handed in. */
export async function submitted(gain: number, change: Partial<BountySpec> = {}): Promise<Parties> {
  const all = await world()
  await all.post(change)
  await all.settle()
  await all.party('hunter').office.submit(all.bounty, programOf(gain))
  return all
}

/** What sponsor and hunter have gained, and what is locked between them, msat. */
export const balances = ({ ledger }: Parties) => ({ sponsor: ledger.balance('sponsor') - START, hunter: ledger.balance('hunter') - START, locked: ledger.lockedMsat() })
