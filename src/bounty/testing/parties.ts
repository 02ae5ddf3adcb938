// Sponsor, hunter and verifier for tests: real offices on real file stores, tills over one ledger, and the two ways that
// messages go: relays, or files that are handed round. A party can be switched off at any write, and started again.

import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LabError } from '../../core/errors'
import { readInvoice } from '../../wallet/invoice'
import { MoneyLedger } from '../../wallet/testing/ledger'
import { createTill, type OpenTill } from '../../wallet/till'
import type { Wallet } from '../../wallet/types'
import { newSecret } from '../escrow/seal'
import type { Measurement } from '../office/effects'
import { heldOutHash } from '../office/heldOut'
import { Office } from '../office/office'
import type { BountyStore } from '../office/store'
import { openFileStore } from '../office/storeFile'
import { partView, type PartView } from '../office/view'
import { openRelays, type RelayPool } from '../relays/relays'
import type { BountySpec, EventId, Score } from '../types'
import { specFixture } from './fixtures'

export type Name = 'sponsor' | 'hunter' | 'verifier' | 'rival'

const BASELINE_BPB = 2
const BASELINE = 'const LR = 1\n'
const UNSEEN = heldOutSet('Nobody has seen this text.')
const NO_CAPS = { perPaymentMsat: null, perDayMsat: null, totalMsat: null }

/** A program that scores so many bits per byte below the baseline on every text, and `learnt` ones more on those with that word. */
export const programOf = (gain: number, learnt = '') => `${BASELINE}// gain ${gain}\n${learnt && `// learnt ${learnt}\n`}`

interface HeldOutSet {
  text: Uint8Array
  salt: string
}

/** A held-out set. "harder 0.3" in it adds as much to every score. */
export function heldOutSet(sentence: string): HeldOutSet {
  return { text: new TextEncoder().encode(`${sentence} `.repeat(40)), salt: '5a'.repeat(32) }
}

/** One run of a party's machine: what belongs to it is dead with it. */
interface Life {
  isOver: boolean
  over: Promise<void>
  end(): void
}

class Party {
  readonly name: Name
  office!: Office
  till!: OpenTill
  readonly errors: LabError[] = []
  /** how many writes the next life has; null: it stays on */
  nextLife: () => number | null = () => null
  private life: Life = newLife()
  private pool: RelayPool | null = null
  private readonly world: Parties
  private readonly folder: string

  constructor(name: Name, folder: string, world: Parties) {
    this.name = name
    this.folder = folder
    this.world = world
  }

  get isOff(): boolean {
    return this.life.isOver
  }

  /** Starts it on what it had kept; resolves when it is at work, or dead again. */
  async start(urls: readonly string[] = []): Promise<void> {
    const life = (this.life = newLife())
    await Promise.race([this.open(life, urls), life.over])
  }

  private async open(life: Life, urls: readonly string[]): Promise<void> {
    const kept = await openFileStore(this.folder)
    void life.over.then(() => kept.close())
    const store = mortal(kept, life, this.nextLife())
    const wallet = this.world.walletOf(this.name)
    const now = () => this.world.now
    const onError = (error: LabError) => void this.errors.push(error)
    const till = createTill({ wallet: () => wallet, store, confirm: async () => true, caps: () => NO_CAPS, now, onError })
    till.attach(wallet)
    await till.lookUp()
    const quiet = () => undefined
    let pool: RelayPool | null = null
    const office = await Office.open({
      store, till, now, onError, onChange: quiet, onListing: quiet, onMail: quiet,
      measure: async (work) => measured(work),
      draw: (count) => Array.from({ length: count }, newSecret),
      publish: async (events) => pool?.publish(events) ?? false,
      inspect: (spec, { trainJs }, _, earlier) =>
        spec.rules.forbidden.some((text) => trainJs.includes(text)) ? 'It adds what is forbidden.' : earlier.some(({ patch }) => patch.trainJs === trainJs) ? 'It is a copy.' : null,
      decode: readInvoice,
    }) // prettier-ignore
    void life.over.then(() => (office.close(), pool?.close()))
    if (urls.length > 0) pool = openRelays({ urls, me: office.me, onEvent: (event) => void office.hear(event), onState: quiet, onOpen: () => void office.wake() })
    this.office = office
    this.till = till
    this.pool = pool
  }

  get relayStates(): string[] {
    return this.pool?.states().map(({ state }) => state) ?? []
  }

  /** As if the machine had lost its power. */
  kill(): void {
    this.life.end()
  }

  untilDead(): Promise<void> {
    return this.life.over
  }

  /** What this party's person is shown. */
  async part(): Promise<PartView> {
    const row = this.office.rows().find(({ state }) => state.role === (this.name === 'rival' ? 'hunter' : this.name))!
    const listing = this.office.listing(row.state.bounty)
    return partView(row, this.office.me, listing, this.office.about(listing.id), await this.till.payments())
  }
}

function newLife(): Life {
  let over!: () => void
  const life: Life = { isOver: false, over: new Promise((resolve) => (over = resolve)), end: () => ((life.isOver = true), over()) }
  return life
}

/** A store whose owner dies with its last write: what was written stays, and nobody hears that it was. */
function mortal(store: BountyStore, life: Life, writes: number | null): BountyStore {
  let left = writes
  return new Proxy(store, {
    get: (target, name) => async (...args: unknown[]) => {
      if (life.isOver) return new Promise(() => undefined)
      const result = await (target[name as keyof BountyStore] as (...given: unknown[]) => Promise<unknown>)(...args)
      if (String(name).startsWith('save') && left !== null && --left <= 0) life.end()
      return life.isOver ? new Promise(() => undefined) : result
    },
  })
}

export class Parties {
  now = Math.floor(Date.now() / 1000)
  readonly ledger = new MoneyLedger(() => this.now)
  /** where somebody's money is: on the ledger, unless a test has other wallets */
  walletOf = (name: Name): Wallet => this.ledger.wallet(name, 1_000_000)
  private readonly all = new Map<Name, Party>()
  private readonly dir: string
  bounty: EventId = ''

  private constructor(dir: string) {
    this.dir = dir
  }

  static async make(): Promise<Parties> {
    return new Parties(await mkdtemp(join(tmpdir(), 'assay-parties-')))
  }

  party(name: Name): Party {
    const known = this.all.get(name) ?? new Party(name, join(this.dir, name), this)
    this.all.set(name, known)
    return known
  }

  parties(): Party[] {
    return [...this.all.values()]
  }

  /** A bounty of the sponsor's that the verifier judges. */
  async post(change: Partial<BountySpec> = {}, ...given: HeldOutSet[]): Promise<EventId> {
    const sets = given.length > 0 ? given : [UNSEEN]
    const spec: BountySpec = {
      ...specFixture(),
      baseline: { trainJs: BASELINE, sha256: '00'.repeat(32), valBpb: BASELINE_BPB },
      poolSat: 100, slices: 5, verifiers: change.verifiers ?? [this.party('verifier').office.me], deadline: this.now + 100_000,
      heldOut: sets.map(({ text, salt }) => ({ sha256: heldOutHash(text, salt), bytes: text.length })),
      ...change,
    } // prettier-ignore
    this.bounty = await this.party('sponsor').office.post(spec, sets)
    return this.bounty
  }

  /** The verifier takes part as soon as the bounty has reached it. */
  private async verify(): Promise<void> {
    const verifier = this.all.get('verifier')
    if (!verifier) return // it is somewhere else
    const { office } = verifier
    const isKnown = !verifier.isOff && office.listings().some(({ id }) => id === this.bounty)
    if (isKnown) await this.alive(verifier, () => office.verify(this.bounty))
  }

  /** Everybody does what can be done now, and is started again where it died, until nothing changes any more. */
  async settle(): Promise<void> {
    let before = ''
    for (let round = 0; round < 400; round++) {
      for (const party of this.parties()) {
        if (party.isOff) await party.start()
        if (!party.isOff) await this.alive(party, () => party.office.wake())
        if (!party.isOff) await this.alive(party, () => party.office.rest())
      }
      await this.handRound()
      await this.verify()
      const after = JSON.stringify(this.parties().map(({ isOff, office }) => (isOff ? Math.random() : office.rows().map(({ state }) => ({ ...state, now: 0 })))))
      if (after === before) return
      before = after
    }
    throw new Error('it never came to rest')
  }

  /** Every message of the bounty, from everybody to everybody, as files are. */
  private async handRound(): Promise<void> {
    for (const from of this.parties()) {
      if (from.isOff || this.bounty === '') continue
      const { office } = from
      const events = await this.alive(from, () => office.eventsOf(this.bounty))
      for (const to of this.parties()) for (const event of events ?? []) if (to !== from && !to.isOff) await this.alive(to, () => to.office.hear(structuredClone(event), this.bounty))
    }
  }

  private async alive<T>(party: Party, work: () => Promise<T>): Promise<T | null> {
    return Promise.race([work(), party.untilDead().then(() => null)])
  }

  /** Time and blocks pass together, at ten minutes a block. */
  pass(seconds: number): void {
    this.now += seconds
    this.ledger.mine(Math.ceil(seconds / 600))
  }

  end(): void {
    for (const party of this.parties()) party.kill()
  }
}

/** "// gain 0.06" scores 0.06 below the baseline; "// learnt meadow 0.1" 0.1 more on texts with a meadow in them. */
export function measured({ trainJs, text, set }: Pick<Measurement, 'trainJs' | 'text' | 'set'>): { score: Score; gates: []; reason: string } {
  const words = new TextDecoder().decode(text)
  const harder = Number(/harder (\S+)/.exec(words)?.[1] ?? 0)
  const gain = Number(/gain (\S+)/.exec(trainJs)?.[1] ?? 0)
  const [, word, bits] = /learnt (\S+) (\S+)/.exec(trainJs) ?? []
  const heldOutBpb = BASELINE_BPB + harder - gain - (word && words.includes(word) ? Number(bits) : 0)
  return { score: { heldOutBpb, publicBpb: heldOutBpb, scores: [heldOutBpb], seeds: 1, heldOutSet: set, adapter: 'test', appVersion: 'test' }, gates: [], reason: '' }
}
