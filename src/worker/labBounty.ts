// The desk of the money side: everything that the page may ask about bounties, wallets and payments, for each person.
// Loaded when somebody opens it, or has something under way.

import type { Event } from 'nostr-tools/pure'
import { getPublicKey } from 'nostr-tools/pure'
import { LabError } from '../core/errors'
import type { LabRecord } from '../history/types'
import type { BackendChoice } from '../judge/types'
import { listingFacts } from '../bounty/office/board'
import { ledgerCsv } from '../bounty/office/ledger'
import { Mail, type Listing } from '../bounty/office/mail'
import type { BountyStore, MachineRow } from '../bounty/office/store'
import { partView, type PartView } from '../bounty/office/view'
import type { EventId, Message, PublicKey } from '../bounty/types'
import { mailText, readMail } from '../bounty/wire/file'
import { Reader } from '../bounty/wire/events'
import { haveMaterials, huntLab, programOf } from './bountyHunt'
import { baselineOf, createMeasureDesk, reverify, type MeasureDesk } from './bountyMeasure'
import { Person } from './bountyPerson'
import { checkedSpec, draftOf, draftProblems } from './bountyPost'
import type { BountyApi, BountyEvent, ListingView, Persona, WalletView } from './bountyProtocol'
import { readCaps, readRelays, readWatched } from './bountySettings'
import { openWallet, reopenWallet, type OpenWallet } from './bountyWallets'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'

export interface BountyDeskDeps {
  parts: LabParts
  data: ReturnType<typeof createDataDesk>
  /** @throws LabError "lab.state" in a tab that only watches */
  needLead(): Promise<void>
  /** resolves when it is known which tab leads */
  leadKnown: Promise<void>
  /** nothing else trains now */
  isFree(): boolean
  /** what the page trains on now */
  backend(): Promise<BackendChoice>
  /** Stores a new lab and shows it. */
  addLab(lab: LabRecord): Promise<void>
  board: StatusBoard
}

export interface BountyDesk {
  api: BountyApi
  measures: Pick<MeasureDesk, 'busy'>
  /** Opens the people who have something under way. */
  wake(personas: readonly Persona[]): Promise<void>
}

/** What is seen of somebody: of an open person, or of a store that another tab works on. */
interface Sight {
  me: PublicKey
  rows: MachineRow[]
  listings: Listing[]
  about(bounty: EventId): readonly Message[]
}

export function createBountyDesk(deps: BountyDeskDeps): BountyDesk {
  const { parts, board } = deps
  const tell = (event: BountyEvent) => board.tell(event)
  const people = new Map<Persona, Promise<Person>>()
  const wallets = new Map<Persona, OpenWallet>()
  /** why the wallet of the last time is not connected */
  const failures = new Map<Persona, LabError>()
  const stores = new Map<Persona, BountyStore>()
  const measures = createMeasureDesk(deps)

  async function isLeading(): Promise<boolean> {
    await deps.leadKnown
    return !board.status.watching
  }

  function storeOf(persona: Persona): BountyStore {
    const store = stores.get(persona) ?? parts.bounties.store(persona)
    stores.set(persona, store)
    return store
  }

  /** @throws LabError "lab.state" in a tab that only watches */
  async function person(persona: Persona): Promise<Person> {
    await deps.needLead()
    const known = people.get(persona)
    if (known) return known
    const opening = Person.open({
      persona,
      store: storeOf(persona),
      tell,
      share: (events) => share(persona, events),
      measure: (work, { office }) => measures.measure(work, work.commit === null ? null : baselineOf(office, work.bounty, work.set)),
    })
    people.set(persona, opening)
    opening.catch(() => people.delete(persona))
    const opened = await opening
    opened.inBackground(reconnect(opened))
    return opened
  }

  /** The three that one person plays hear each other at once, with no relay between them. */
  async function share(persona: Persona, events: readonly Event[]): Promise<boolean> {
    if (!PLAYED.includes(persona)) return false
    for (const other of PLAYED.filter((name) => name !== persona)) {
      const { office } = await person(other)
      for (const event of events) await office.hear(event)
    }
    return true
  }

  async function reconnect(opened: Person): Promise<void> {
    try {
      const wallet = await reopenWallet(ownerOf(opened))
      // the person may have connected another one meanwhile
      if (wallet && opened.currentWallet()) await wallet.wallet.close()
      else if (wallet) await attach(opened, wallet)
    } catch (thrown) {
      failures.set(opened.persona, LabError.from(thrown))
      tell({ kind: 'bounties', persona: opened.persona })
    }
  }

  async function attach(opened: Person, wallet: OpenWallet): Promise<void> {
    await opened.attach(wallet.wallet)
    wallets.set(opened.persona, wallet)
    failures.delete(opened.persona)
    tell({ kind: 'bounties', persona: opened.persona })
  }

  const ownerOf = (opened: Person) => ({ persona: opened.persona, store: opened.store, relays: () => opened.relays().map(({ url }) => url) })

  async function sight(persona: Persona): Promise<Sight> {
    if (await isLeading()) {
      const { office } = await person(persona)
      return { me: office.me, rows: office.rows(), listings: office.listings(), about: (bounty) => office.about(bounty) }
    }
    const store = storeOf(persona)
    const secretKey = await store.secretKey()
    const mail = new Mail(new Reader(secretKey), store, () => Math.floor(parts.now() / 1000))
    await mail.reread(async () => undefined)
    return { me: getPublicKey(secretKey), rows: await store.machines(), listings: [...mail.listings.values()], about: (bounty) => mail.about(bounty) }
  }

  async function walletView(persona: Persona): Promise<WalletView> {
    const open = wallets.get(persona)
    const view: WalletView = { info: null, caps: readCaps(await storeOf(persona).setting('caps')), error: null, asked: [], practice: open?.practice?.() ?? null }
    if (await isLeading()) view.asked = (await person(persona)).asked()
    try {
      if (open) view.info = await open.wallet.info()
      else view.error = failures.get(persona)?.toJSON() ?? null
    } catch (thrown) {
      view.error = LabError.from(thrown).toJSON()
    }
    return view
  }

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
      wallets.get(persona)?.useRelays?.(urls)
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
      const info = await wallets.get(persona)?.wallet.info().catch(() => null) // one that cannot be asked now is checked by each invoice
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
    async importMail(persona, text) {
      const { office } = await person(persona)
      const { bounty, events } = readMail(text)
      let count = 0
      for (const event of events) if (await office.hear(event, bounty)) count++
      return count
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

    async connectWallet(persona, choice, webln) {
      const opened = await person(persona)
      await attach(opened, await openWallet(ownerOf(opened), choice, webln))
      return walletView(persona)
    },
    async disconnectWallet(persona) {
      const opened = await person(persona)
      wallets.delete(persona)
      await opened.store.saveSetting('wallet', null)
      await opened.detach()
      tell({ kind: 'bounties', persona })
    },
    async wallet(persona) {
      if (await isLeading()) await person(persona)
      return walletView(persona)
    },
    setCaps: async (persona, caps) => (await person(persona)).setCaps(caps),
    payments: (persona) => storeOf(persona).payments(),
    answerPayment: async (persona, key, yes) => (await person(persona)).answer(key, yes),
    ledgerCsv: async (persona) => ledgerCsv(await storeOf(persona).payments()),
    async mine(persona, blocks) {
      await person(persona)
      const mine = wallets.get(persona)?.mine
      if (mine) return mine(blocks)
      throw new LabError('pay.unsupported', 'Only a practice wallet lets time pass.', { hint: 'Real money waits for real blocks.' })
    },
  }

  return {
    api,
    measures,
    async wake(personas) {
      for (const persona of personas) await person(persona)
    },
  }
}

const PLAYED: readonly Persona[] = ['sponsor', 'hunter', 'verifier']

/** Stands for the sponsor of a draft that nobody has posted yet. */
const NOBODY = '0'.repeat(64)
