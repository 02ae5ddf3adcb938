// The desk of the money side: everything that the page may ask about bounties, wallets and payments, for each person.
// Loaded when somebody opens it, or has something under way.

import { getPublicKey } from 'nostr-tools/pure'
import { LabError } from '../core/errors'
import type { LabRecord } from '../history/types'
import type { BackendChoice } from '../judge/types'
import { listingFacts } from '../bounty/office/board'
import { ledgerCsv } from '../bounty/office/ledger'
import { partView, type PartView } from '../bounty/office/view'
import { mailText, readBountyFile } from '../bounty/wire/file'
import { haveMaterials, huntLab, programOf } from './bountyHunt'
import { createMeasureDesk, reverify, type MeasureDesk } from './bountyMeasure'
import { createPeople, type PeopleDeps } from './bountyPeople'
import { checkedSpec, draftFrom, draftOf, draftProblems } from './bountyPost'
import type { BountyApi, BountyEvent, ListingView, Persona } from './bountyProtocol'
import { readRelays, readWatched } from './bountySettings'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'

export interface BountyDeskDeps extends PeopleDeps {
  parts: LabParts
  data: ReturnType<typeof createDataDesk>
  /** nothing else trains now */
  isFree(): boolean
  /** what the page trains on now */
  backend(): Promise<BackendChoice>
  /** Stores a new lab and shows it. */
  addLab(lab: LabRecord): Promise<void>
}

export interface BountyDesk {
  api: BountyApi
  measures: Pick<MeasureDesk, 'busy'>
  /** Opens the people who have something under way. */
  wake(personas: readonly Persona[]): Promise<void>
}

export function createBountyDesk(deps: BountyDeskDeps): BountyDesk {
  const { parts, board } = deps
  const tell = (event: BountyEvent) => board.tell(event)
  const measures = createMeasureDesk(deps)
  const { person, storeOf, isLeading, sight, walletOf, api: wallets } = createPeople(deps, measures)
  const seconds = () => Math.floor(parts.now() / 1000)

  const api: BountyApi = {
    async self(persona) {
      if (await isLeading()) {
        const opened = await person(persona)
        return { persona, publicKey: opened.office.me, relays: opened.relays(), unsent: await opened.office.unsent() }
      }
      const store = storeOf(persona)
      const relays = readRelays(await store.setting('relays')).map((url) => ({ url, state: 'waiting' as const, said: 'Another tab is connected to it.' }))
      return { persona, publicKey: getPublicKey(await store.secretKey()), relays, unsent: (await store.unpublished()).length }
    },
    async setRelays(persona, urls) {
      const opened = await person(persona)
      await opened.setRelays(urls)
      walletOf(persona)?.useRelays?.(urls)
    },
    async board(persona) {
      const { listings, about } = await sight(persona)
      const watched = readWatched(await storeOf(persona).setting('watched'))
      const views = listings.map((listing): ListingView => ({ ...listingFacts(listing, about(listing.id), seconds()), watched: watched.has(listing.id) }))
      return views.sort((a, b) => b.createdAt - a.createdAt)
    },
    async watch(persona, bounty, watched) {
      const store = storeOf(persona)
      const ids = readWatched(await store.setting('watched'))
      if (watched) ids.add(bounty)
      else ids.delete(bounty)
      await store.saveSetting('watched', [...ids])
      tell({ kind: 'bounties', persona })
    },
    async parts(persona) {
      const { me, rows, listings, about } = await sight(persona)
      const payments = await storeOf(persona).payments()
      const known = new Map(listings.map((listing) => [listing.id, listing]))
      const views = rows.flatMap((row): { view: PartView; at: number }[] => {
        const listing = known.get(row.state.bounty)
        return listing ? [{ view: partView(row, me, listing, about(listing.id), payments), at: row.updatedAt }] : []
      })
      return views.sort((a, b) => b.at - a.at).map(({ view }) => view)
    },

    draftBounty: (labId) => draftOf(parts, labId, seconds()),
    checkDraft: (draft) => draftProblems(draft, parts, NOBODY, seconds()),
    async postBounty(persona, draft) {
      const { office } = await person(persona)
      const { spec, sets } = await checkedSpec(draft, parts, office.me, seconds())
      const info = await walletOf(persona)?.wallet.info().catch(() => null) // one that cannot be asked now is checked by each invoice
      if (info && info.isPlayMoney !== (spec.money === 'play')) {
        throw new LabError('bounty.invalid', `This wallet has ${info.isPlayMoney ? 'play money' : 'real money'}; the bounty offers the other.`, { hint: 'Choose the money that your wallet has, or connect another wallet.' })
      }
      const id = await office.post(spec, sets)
      if (spec.verifiers.includes(office.me)) await office.verify(id)
      return id
    },
    async exportBounty(persona, bounty, what) {
      const { office } = await person(persona)
      const { spec } = office.listing(bounty)
      const name = spec.title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 40) || 'bounty' // prettier-ignore
      if (what === 'spec') return { name: `${name}.bounty.json`, text: `${JSON.stringify(spec, null, 2)}\n` }
      return { name: `${name}.mail.json`, text: mailText({ bounty, events: await office.eventsOf(bounty) }) }
    },
    async importFile(persona, text) {
      const file = readBountyFile(text)
      if (file.kind === 'spec') return { ...file, draft: await draftFrom(file.spec, seconds()) }
      const { office } = await person(persona)
      const { bounty, events } = file.mail
      let found = 0
      for (const event of events) if (await office.hear(event, bounty)) found++
      return { kind: 'mail', found }
    },

    async hunt(persona, bounty) {
      const hunter = await person(persona)
      try {
        const lab = await huntLab(hunter.office.listing(bounty), { ...deps, person: hunter })
        await deps.addLab(lab)
        return lab.labId
      } finally {
        board.set({ activity: 'idle', progress: 0 }, true)
      }
    },
    async submitPatch(persona, bounty, program) {
      const { office } = await person(persona)
      return office.submit(bounty, await programOf(parts, program))
    },
    async verifyBounty(persona, bounty) {
      const verifier = await person(persona)
      await haveMaterials(verifier.office.listing(bounty), { parts, person: verifier })
      await verifier.office.verify(bounty)
    },
    async reverify(persona, bounty, commit) {
      const { office } = await person(persona)
      const seen = (await api.parts(persona)).flatMap(({ submissions }) => submissions).filter((one) => one.commit === commit)
      const trainJs = seen.find((one) => one.trainJs !== null)?.trainJs ?? null
      return reverify(office, measures, bounty, commit, trainJs)
    },
    wish: async (persona, part, wish) => (await person(persona)).office.wish(part, wish),

    ...wallets,
    setCaps: async (persona, caps) => (await person(persona)).setCaps(caps),
    payments: (persona) => storeOf(persona).payments(),
    answerPayment: async (persona, key, yes) => (await person(persona)).answer(key, yes),
    accountForPayment: async (persona, key, word) => (await person(persona)).till.accountFor(key, word),
    ledgerCsv: async (persona) => ledgerCsv(await storeOf(persona).payments()),
  }

  return {
    api,
    measures,
    async wake(personas) {
      for (const persona of personas) await person(persona)
    },
  }
}

/** Stands for the sponsor of a draft that nobody has posted yet. */
const NOBODY = '0'.repeat(64)
