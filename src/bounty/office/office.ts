// The office runs the machines: it hears messages and money, makes every step durable before it does what the step asks
// for, and does it again after a restart until it is done.

import type { Event } from 'nostr-tools/pure'
import { getPublicKey } from 'nostr-tools/pure'
import { LabError } from '../../core/errors'
import type { PaymentRow } from '../../wallet/types'
import { createHunter, stepHunter } from '../escrow/hunter'
import type { Decode } from '../escrow/lock'
import type { Effect, Input, Result, Wish } from '../escrow/machine'
import { createSponsor, stepSponsor } from '../escrow/sponsor'
import { createVerifier, stepVerifier, type Inspect } from '../escrow/verifier'
import type { BountySpec, Body, EventId, Message, PublicKey } from '../types'
import { Reader } from '../wire/events'
import { resultOf, type EffectDeps } from './effects'
import { heardText } from './heldOut'
import { Mail, type Listing } from './mail'
import { Outbox, type OutboxDeps } from './outbox'
import { Patience } from './patience'
import type { AnyState, HeldOutRow, MachineRow } from './store'

export interface OfficeDeps extends Omit<EffectDeps, 'send'>, Pick<OutboxDeps, 'publish'> {
  inspect: Inspect
  decode: Decode
  /** unix seconds */
  now(): number
  onChange(row: MachineRow): void
  onListing(listing: Listing): void
  /** Something was heard that may change what is seen of a bounty. */
  onMail(bounty: EventId): void
  onError(error: LabError): void
}

/** These say that it will never be done; anything else is tried again. */
const FINAL = /^(pay\.(mismatch|expired|cap|refused|unsupported)|bounty\.invalid|program\.|sandbox\.)/

export class Office {
  readonly me: PublicKey
  private readonly deps: OfficeDeps
  private readonly machines = new Map<string, MachineRow>()
  private readonly flights = new Map<string, Promise<void>>()
  private readonly patience: Patience
  private readonly mail: Mail
  private readonly outbox: Outbox
  private turn: Promise<unknown> = Promise.resolve()
  private isClosed = false
  private endMoney: () => void = () => undefined

  private constructor(deps: OfficeDeps, secretKey: Uint8Array, outbox: Outbox) {
    this.deps = deps
    this.me = getPublicKey(secretKey)
    this.outbox = outbox
    this.patience = new Patience(deps.now)
    this.mail = new Mail(new Reader(secretKey), deps.store, deps.now)
  }

  /** Goes on where the last one was ended, however it was ended. */
  static async open(deps: OfficeDeps): Promise<Office> {
    const secretKey = await deps.store.secretKey()
    const office = new Office(deps, secretKey, await Outbox.open({ ...deps, secretKey }))
    for (const row of await deps.store.machines()) office.machines.set(row.id, row)
    office.endMoney = deps.till.onChange((row) => office.later(() => office.hearMoney(row)))
    // what had been received and not yet heard is heard now; machines know what they have heard
    await office.inTurn(() => office.mail.reread((message) => office.route(message)))
    for (const row of await deps.till.payments()) await office.inTurn(() => office.hearMoney(row))
    await office.tick()
    return office
  }

  rows(): MachineRow[] {
    return [...this.machines.values()]
  }

  listings(): Listing[] {
    return [...this.mail.listings.values()]
  }

  /** @throws LabError "bounty.state" where it is not known */
  listing(bounty: EventId): Listing {
    const listing = this.mail.listings.get(bounty)
    if (listing) return listing
    throw new LabError('bounty.state', 'This bounty has not been received.', { hint: 'Connect a relay that has it, or import its file.' })
  }

  about(bounty: EventId): readonly Message[] {
    return this.mail.about(bounty)
  }

  /** Every event of a bounty that is here, those for others included: works as a letter that is handed on. */
  eventsOf(bounty: EventId): Promise<Event[]> {
    return this.mail.eventsOf(bounty)
  }

  /** A held-out set that was sent to this verifier, committed by this sponsor, or revealed; checked against its hash. */
  async heldOut(bounty: EventId, set: number): Promise<HeldOutRow | null> {
    return this.deps.store.heldOut(`${bounty}/${set}`)
  }

  /** Messages that no relay has yet. */
  unsent(): Promise<number> {
    return this.outbox.waiting()
  }

  /**
   * An event from a relay or a file; it may come twice, and be anything.
   * @param bounty see Mail.receive
   * @returns whether it was news
   */
  hear(event: Event, bounty: EventId | null = null): Promise<boolean> {
    return this.inTurn(async () => {
      if (this.isClosed) return false
      const message = await this.mail.receive(event, bounty)
      if (message) await this.route(message)
      return message !== null
    })
  }

  /** Time passes: deadlines, and another try of what did not work. */
  async tick(): Promise<void> {
    await this.inTurn(async () => {
      for (const id of this.machines.keys()) await this.apply(id, { kind: 'time', now: this.deps.now(), height: this.deps.till.height() })
    })
    void this.outbox.flush().catch((thrown: unknown) => this.deps.onError(LabError.from(thrown)))
  }

  /** Something is there that was not: a wallet, a relay, this machine after a sleep. What waited is tried at once. */
  wake(): Promise<void> {
    this.patience.forget()
    return this.tick()
  }

  /** Other relays were chosen. */
  newRelays(): Promise<void> {
    return this.outbox.startOver()
  }

  /** Resolves when nothing is under way: what is left waits for others, for time, or for another try. */
  async rest(): Promise<void> {
    let last: unknown = null
    while (last !== this.turn || this.flights.size > 0) {
      last = this.turn
      await Promise.all([last, ...this.flights.values()])
    }
  }

  /** Nothing is done any more; what is under way ends unheard, as if the machine had been switched off. */
  close(): void {
    this.isClosed = true
    this.endMoney()
  }

  /** Posts a bounty; held-out sets go to its verifiers. @returns its id */
  async post(spec: BountySpec, sets: { text: Uint8Array; salt: string }[]): Promise<EventId> {
    const { id, events } = await this.outbox.sign(`post/${spec.heldOut[0].sha256}`, { kind: 'bounty', spec }, null)
    for (const [set, { text, salt }] of sets.entries()) await this.deps.store.saveHeldOut({ key: `${id}/${set}`, text, salt })
    for (const event of events) await this.hear(event, id)
    await this.inTurn(() => this.begin(`sponsor/${id}`, createSponsor(id, spec, this.me)))
    await this.tick()
    return id
  }

  /** Hands in a program. @returns the machine's id. @throws LabError "bounty.state" where the bounty is not known */
  submit(bounty: EventId, trainJs: string): Promise<string> {
    const { spec, author } = this.listing(bounty)
    return this.inTurn(async () => {
      const number = this.rows().filter(({ id }) => id.startsWith(`hunter/${bounty}/`)).length + 1
      const id = `hunter/${bounty}/${number}`
      await this.begin(id, createHunter(bounty, spec, author, this.me, trainJs))
      return id
    })
  }

  /** Takes part as a verifier. @throws LabError "bounty.state" where this key is not one of them */
  async verify(bounty: EventId): Promise<void> {
    const { spec, author } = this.listing(bounty)
    if (!spec.verifiers.includes(this.me)) {
      throw new LabError('bounty.state', 'This bounty names other verifiers.', { hint: 'Give its sponsor your public key before it is posted.' })
    }
    const id = `verifier/${bounty}`
    await this.inTurn(async () => {
      if (!this.machines.has(id)) await this.begin(id, createVerifier(bounty, spec, author, this.me))
    })
  }

  wish(id: string, wish: Wish): Promise<void> {
    return this.inTurn(() => this.apply(id, { kind: 'person', wish }))
  }

  /** A new machine hears everything that has been said about its bounty. */
  private async begin(id: string, state: AnyState): Promise<void> {
    const row = { id, state, updatedAt: this.deps.now() }
    await this.deps.store.saveMachine(row)
    this.machines.set(id, row)
    await this.apply(id, { kind: 'time', now: this.deps.now(), height: this.deps.till.height() })
    for (const message of this.mail.about(state.bounty)) await this.tell(message, id)
  }

  private async route(message: Message): Promise<void> {
    if (message.body.kind === 'bounty') return this.deps.onListing(this.mail.listings.get(message.id)!)
    const ready = message.body.kind === 'commit' ? [message, ...this.mail.takeStrays()] : [message]
    for (const one of ready) {
      const bounty = this.mail.bountyOf(one)!
      const listing = this.mail.listings.get(bounty)
      if (one.body.kind === 'reveal' && listing) await heardText(one, listing, this.deps.store) // anybody may re-verify
      for (const { id, state } of this.rows()) if (state.bounty === bounty) await this.tell(one, id)
      this.deps.onMail(bounty)
    }
  }

  private async tell(message: Message, id: string): Promise<void> {
    const listing = this.mail.listings.get(this.machines.get(id)!.state.bounty)
    const heard = listing ? await heardText(message, listing, this.deps.store) : message
    if (heard) await this.apply(id, { kind: 'message', message: heard })
  }

  private async hearMoney({ direction, paymentHash, state }: PaymentRow): Promise<void> {
    if (state.state === 'asked' || state.state === 'refused') return
    const input = { kind: direction === 'out' ? 'outgoing' : 'incoming', paymentHash, state } as Input
    for (const { id, state: machine } of this.rows()) if (machine.role !== 'verifier') await this.apply(id, input)
  }

  /** One input: step, make durable, then do. */
  private async apply(id: string, input: Input): Promise<void> {
    const row = this.machines.get(id)
    if (!row) throw new LabError('bounty.state', 'There is nothing of this name.', { data: { id } })
    if (this.isClosed) return
    const state = structuredClone(row.state)
    if (state.role === 'hunter') stepHunter(state, input)
    else if (state.role === 'sponsor') stepSponsor(state, input, this.deps.decode)
    else stepVerifier(state, input, this.deps.inspect)
    const next = { id, state, updatedAt: row.updatedAt }
    if (contentOf(next) !== contentOf(row)) {
      next.updatedAt = this.deps.now()
      await this.deps.store.saveMachine(next)
    }
    this.machines.set(id, next)
    if (next.updatedAt !== row.updatedAt || input.kind !== 'time') this.deps.onChange(next)
    for (const effect of state.todo) {
      const flight = `${id}/${effect.key}`
      // once at a time
      if (!this.flights.has(flight) && this.patience.mayTry(flight)) this.flights.set(flight, this.perform(id, effect, flight))
    }
  }

  /** Does one thing; its result is the next input. */
  private async perform(id: string, effect: Effect, flight: string): Promise<void> {
    try {
      const result = await this.outcome(id, effect)
      this.patience.done(flight)
      this.flights.delete(flight)
      await this.inTurn(() => this.apply(id, { kind: 'done', key: effect.key, result }))
    } catch (thrown) {
      // the wallet, the judge or the disk: nothing was recorded, so it is tried again
      this.flights.delete(flight)
      if (this.isClosed) return
      const error = LabError.from(thrown)
      if (this.patience.failed(flight, error.message)) this.deps.onError(error)
    }
  }

  /** What came of an effect; that it can never be done is an outcome, too. */
  private async outcome(id: string, effect: Effect): Promise<Result> {
    try {
      return await resultOf(effect, id, this.machines.get(id)!.state, { ...this.deps, send: (key, body, to) => this.send(key, body, to) })
    } catch (thrown) {
      const error = LabError.from(thrown)
      if (!FINAL.test(error.code)) throw error
      this.deps.onError(error)
      return { do: 'fail', reason: error.message }
    }
  }

  /** Signed, kept and heard here; the relays get it in their turn. */
  private async send(key: string, body: Body, to: PublicKey | null): Promise<EventId> {
    const { id, events } = await this.outbox.sign(key, body, to)
    for (const event of events) await this.hear(event, key.split('/')[1]) // this browser may play another part, too
    void this.outbox.flush().catch((thrown: unknown) => this.deps.onError(LabError.from(thrown)))
    return id
  }

  private later(work: () => Promise<void>): void {
    this.inTurn(work).catch((thrown: unknown) => this.deps.onError(LabError.from(thrown)))
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.turn.then(work)
    this.turn = turn.catch(() => undefined) // told to who asked
    return turn
  }
}

/** What must not be forgotten: all of it but the time, which comes again. */
const contentOf = ({ state }: MachineRow) => JSON.stringify({ ...state, now: 0, height: 0 })
