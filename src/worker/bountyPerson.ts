// One person of the money side: a key, a record, relays, a wallet and a till, and the office that runs their machines.

import type { Event } from 'nostr-tools/pure'
import { LabError } from '../core/errors'
import { relayUrl } from '../core/relayUrl'
import { newSecret } from '../bounty/escrow/seal'
import type { Measurement } from '../bounty/office/effects'
import { Office } from '../bounty/office/office'
import type { BountyStore } from '../bounty/office/store'
import { openRelays, type RelayPool } from '../bounty/relays/relays'
import { inspectPatch } from '../bounty/verify/inspect'
import type { Measured } from '../bounty/verify/measure'
import { readInvoice } from '../wallet/invoice'
import { createTill, type OpenTill } from '../wallet/till'
import type { PaymentRow, SpendingCaps, Wallet } from '../wallet/types'
import type { BountyEvent, Persona } from './bountyProtocol'
import { readCaps, readRelays } from './bountySettings'

const TICK_MS = 10_000
/** A tick that comes so late means that the machine slept. */
const SLEPT_MS = 40_000
const LOOK_UP_EVERY = 6

export interface PersonDeps {
  persona: Persona
  store: BountyStore
  measure(work: Measurement, person: Person): Promise<Measured>
  /** Gives events to the other people of this tab that hear this one. @returns false where there are none */
  share?(events: readonly Event[]): Promise<boolean>
  tell(event: BountyEvent): void
}

export class Person {
  readonly persona: Persona
  readonly store: BountyStore
  readonly till: OpenTill
  office!: Office
  private readonly deps: PersonDeps
  private pool: RelayPool
  private caps: SpendingCaps
  private wallet: Wallet | null = null
  private endWallet: () => void = () => undefined
  private readonly questions = new Map<string, { row: PaymentRow; answer: (yes: boolean) => void }>()
  private timer: ReturnType<typeof setInterval> | undefined

  private constructor(deps: PersonDeps, caps: SpendingCaps) {
    this.deps = deps
    this.persona = deps.persona
    this.store = deps.store
    this.caps = caps
    this.pool = openRelays({ urls: [], me: '', onEvent: () => undefined, onState: () => undefined })
    this.till = createTill({
      wallet: () => this.needWallet(),
      store: deps.store,
      confirm: (row) => this.ask(row),
      caps: () => this.caps,
      now: seconds,
      onError: (error) => this.fail(error),
    })
  }

  /** Goes on with everything that this person has under way. */
  static async open(deps: PersonDeps): Promise<Person> {
    const person = new Person(deps, readCaps(await deps.store.setting('caps')))
    const { persona, tell } = deps
    person.till.onChange((row) => tell({ kind: 'payment', persona, row }))
    const changed = () => tell({ kind: 'bounties', persona })
    let isOpen = () => undefined as void
    const opened = new Promise<void>((resolve) => (isOpen = resolve))
    person.office = await Office.open({
      store: deps.store,
      till: person.till,
      measure: (work) => opened.then(() => deps.measure(work, person)),
      draw: (count) => Array.from({ length: count }, newSecret),
      async publish(events) {
        const isHeard = (await deps.share?.(events)) ?? false
        return (await person.pool.publish(events)) || isHeard
      },
      inspect: inspectPatch,
      decode: readable,
      now: seconds,
      onChange: changed,
      onListing: changed,
      onMail: changed,
      onError: (error) => person.fail(error),
    })
    isOpen()
    person.connect(readRelays(await deps.store.setting('relays')))
    person.startClock()
    return person
  }

  relays(): ReturnType<RelayPool['states']> {
    return this.pool.states()
  }

  /** Payments that wait for this person's word now. */
  asked(): PaymentRow[] {
    return [...this.questions.values()].map(({ row }) => row)
  }

  /** @throws LabError "relay.invalid" */
  async setRelays(urls: readonly string[]): Promise<void> {
    const wanted = [...new Set(urls.map(relayUrl))]
    await this.store.saveSetting('relays', wanted)
    this.connect(wanted)
    await this.office.newRelays()
  }

  currentWallet(): Wallet | null {
    return this.wallet
  }

  /** Takes a wallet over; what waited for one is tried at once. */
  async attach(wallet: Wallet): Promise<void> {
    await this.detach()
    this.wallet = wallet
    const ends = [
      this.till.attach(wallet),
      wallet.subscribe(({ kind }) => {
        if (kind === 'online') this.inBackground(this.catchUp())
        if (kind === 'online' || kind === 'offline') this.deps.tell({ kind: 'bounties', persona: this.persona })
      }),
    ]
    this.endWallet = () => ends.forEach((end) => end())
    await this.catchUp()
  }

  async detach(): Promise<void> {
    const { wallet } = this
    this.endWallet()
    this.wallet = null
    await wallet?.close()
  }

  getCaps(): SpendingCaps {
    return this.caps
  }

  async setCaps(caps: SpendingCaps): Promise<void> {
    this.caps = readCaps(caps)
    await this.store.saveSetting('caps', this.caps)
  }

  /** @throws LabError "bounty.state" where nothing is asked under this key */
  answer(key: string, yes: boolean): void {
    const question = this.questions.get(key)
    if (!question) {
      throw new LabError('bounty.state', 'This payment is not being asked about now.', { hint: 'Connect your wallet: it is asked again when the payment can be made.' })
    }
    this.questions.delete(key)
    question.answer(yes)
  }

  /** Something may have changed outside: the wallet is asked, and what waited is tried. */
  async catchUp(): Promise<void> {
    if (this.wallet) await this.till.lookUp().catch((thrown: unknown) => this.fail(LabError.from(thrown)))
    await this.office.wake()
  }

  /** Everything ends here; nothing that is under way is lost by it. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    this.office.close()
    this.pool.close()
    await this.detach()
    await this.store.close()
  }

  fail(error: LabError): void {
    this.deps.tell({ kind: 'bountyError', persona: this.persona, error: error.toJSON() })
  }

  inBackground(work: Promise<unknown>): void {
    work.catch((thrown: unknown) => this.fail(LabError.from(thrown)))
  }

  private connect(urls: readonly string[]): void {
    this.pool.close()
    this.pool = openRelays({
      urls,
      me: this.office.me,
      onEvent: (event: Event) => this.inBackground(this.office.hear(event)),
      onState: () => this.deps.tell({ kind: 'bounties', persona: this.persona }),
      onOpen: () => this.inBackground(this.office.wake()),
    })
  }

  private startClock(): void {
    let last = Date.now()
    let ticks = 0
    this.timer = setInterval(() => {
      const slept = Date.now() - last > SLEPT_MS
      last = Date.now()
      this.inBackground(slept || ++ticks % LOOK_UP_EVERY === 0 ? this.catchUp() : this.office.tick())
    }, TICK_MS)
  }

  private ask(row: PaymentRow): Promise<boolean> {
    return new Promise((answer) => {
      this.questions.set(row.key, { row, answer })
      this.deps.tell({ kind: 'confirm', persona: this.persona, row })
    })
  }

  private needWallet(): Wallet {
    if (this.wallet) return this.wallet
    throw new LabError('pay.noWallet', 'No wallet is connected.', { hint: 'Connect one: what waits for it goes on at once, and nothing is lost meanwhile.' })
  }
}

const seconds = () => Math.floor(Date.now() / 1000)

function readable(bolt11: string): ReturnType<typeof readInvoice> | null {
  try {
    return readInvoice(bolt11)
  } catch {
    return null // what is no invoice is judged by whoever asked for one
  }
}
