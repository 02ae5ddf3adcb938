// The people of this tab: each opened once, with what they had under way; their wallets; and what is seen of them from a tab
// that only watches.

import type { Event } from 'nostr-tools/pure'
import { getPublicKey } from 'nostr-tools/pure'
import { LabError } from '../core/errors'
import { Mail, type Listing } from '../bounty/office/mail'
import type { BountyStore, MachineRow } from '../bounty/office/store'
import type { EventId, Message, PublicKey } from '../bounty/types'
import { Reader } from '../bounty/wire/events'
import { baselineOf, type MeasureDesk } from './bountyMeasure'
import { Person } from './bountyPerson'
import type { BountyApi, BountyEvent, Persona, WalletView } from './bountyProtocol'
import { readCaps } from './bountySettings'
import { openWallet, reopenWallet, type OpenWallet } from './bountyWallets'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'

export interface PeopleDeps {
  parts: Pick<LabParts, 'bounties' | 'now'>
  board: StatusBoard
  /** @throws LabError "lab.state" in a tab that only watches */
  needLead(): Promise<void>
  /** resolves when it is known which tab leads */
  leadKnown: Promise<void>
}

/** What is seen of somebody: of an open person, or of a store that another tab works on. */
export interface Sight {
  me: PublicKey
  rows: MachineRow[]
  listings: Listing[]
  about(bounty: EventId): readonly Message[]
}

type Wallets = Pick<BountyApi, 'connectWallet' | 'disconnectWallet' | 'wallet' | 'mine'>

export interface People {
  /** @throws LabError "lab.state" in a tab that only watches */
  person(persona: Persona): Promise<Person>
  storeOf(persona: Persona): BountyStore
  isLeading(): Promise<boolean>
  sight(persona: Persona): Promise<Sight>
  /** The wallet of somebody, where one is connected. */
  walletOf(persona: Persona): OpenWallet | null
  api: Wallets
}

export function createPeople(deps: PeopleDeps, measures: Pick<MeasureDesk, 'measure'>): People {
  const { parts, board } = deps
  const tell = (event: BountyEvent) => board.tell(event)
  const people = new Map<Persona, Promise<Person>>()
  const wallets = new Map<Persona, OpenWallet>()
  /** why the wallet of the last time is not connected */
  const failures = new Map<Persona, LabError>()
  const stores = new Map<Persona, BountyStore>()

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

  const ownerOf = (opened: Person) => ({
    persona: opened.persona,
    store: opened.store,
    relays: () => opened.relays().map(({ url }) => url),
    fail: (error: LabError) => opened.fail(error),
  })

  async function sight(persona: Persona): Promise<Sight> {
    if (await isLeading()) {
      const { office } = await person(persona)
      return { me: office.me, rows: office.rows(), listings: office.listings(), about: (bounty) => office.about(bounty) }
    }
    const store = storeOf(persona)
    const secretKey = await store.secretKey()
    const mail = new Mail({ reader: new Reader(secretKey), store, now: () => Math.floor(parts.now() / 1000), isOurs: () => true })
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

  const api: Wallets = {
    async connectWallet(persona, choice, webln) {
      const opened = await person(persona)
      await attach(opened, await openWallet(ownerOf(opened), choice, webln))
      return walletView(persona)
    },
    async disconnectWallet(persona) {
      const opened = await person(persona)
      wallets.delete(persona)
      failures.delete(persona)
      await opened.store.saveSetting('wallet', null)
      await opened.detach()
      tell({ kind: 'bounties', persona })
    },
    async wallet(persona) {
      if (await isLeading()) await person(persona)
      return walletView(persona)
    },
    async mine(persona, blocks) {
      await person(persona)
      const mine = wallets.get(persona)?.mine
      if (mine) return mine(blocks)
      throw new LabError('pay.unsupported', 'Only a practice wallet lets time pass.', { hint: 'Real money waits for real blocks.' })
    },
  }
  return { person, storeOf, isLeading, sight, walletOf: (persona) => wallets.get(persona) ?? null, api }
}

/** Persons of one tab whom one person plays. */
const PLAYED: readonly Persona[] = ['sponsor', 'hunter', 'verifier']
