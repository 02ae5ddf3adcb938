// The databases of the money side in a browser, one for each person.

import { Dexie } from 'dexie'
import type { BountyStore } from '../bounty/office/store'
import type { Persona } from './bountyProtocol'
import { later } from './later'
import type { LabParts } from './labParts'

const nameOf = (persona: Persona) => (persona === 'me' ? 'assay-bounties' : `assay-bounties-${persona}`)
const EVERYBODY: readonly Persona[] = ['me', 'sponsor', 'hunter', 'verifier']

export function bountyStores(): LabParts['bounties'] {
  return {
    store: (persona) => later<BountyStore>(async () => (await import('../bounty/office/storeDexie')).openDexieStore(nameOf(persona))),
    async people() {
      const exist = await Promise.all(EVERYBODY.map((persona) => Dexie.exists(nameOf(persona))))
      return EVERYBODY.filter((_, i) => exist[i])
    },
  }
}
