// The office runs the machines: it hears messages and money, makes every step durable before it does what the step asks
// for, and does it again after a restart until it is done.

import type { Event } from 'nostr-tools/pure'
import { getPublicKey } from 'nostr-tools/pure'
import { LabError } from '../../core/errors'
import type { PaymentRow } from '../../wallet/types'
import { createHunter, stepHunter } from '../escrow/hunter'
import type { Effect, Input, Wish } from '../escrow/machine'
import type { Decode } from '../escrow/lock'
import { createSponsor, stepSponsor } from '../escrow/sponsor'
import { createVerifier, stepVerifier, type Inspect } from '../escrow/verifier'
import type { BountySpec, Body, EventId, Message, PublicKey } from '../types'
import { eventsOf, Reader } from '../wire/events'
import { bytesOfBase64, resultOf, type EffectDeps } from './effects'
import { Mail, type Listing } from './mail'
import type { AnyState, MachineRow } from './store'

export interface OfficeDeps extends Omit<EffectDeps, 'send'> {
  /** Gives events to at least one relay. @throws LabError "relay.offline" */
  publish(events: Event[]): Promise<void>
  inspect: Inspect
  decode: Decode
  /** Whether a held-out set is the one that was committed to. */
  isHeldOut(spec: BountySpec, set: number, text: Uint8Array, salt: string): Promise<boolean>
  /** unix seconds */
  now(): number
  onChange(row: MachineRow): void
  onListing(listing: Listing): void
  onError(error: LabError): void
}

/** These say that it will never be done; anything else is tried again. */
const FINAL = /^(pay\.(mismatch|expired|cap|refused|unsupported)|bounty\.invalid|program\.|sandbox\.)/

export class Office {
  readonly me: PublicKey
  private readonly deps: OfficeDeps
  private readonly secretKey: Uint8Array
  private readonly machines = new Map<string, MachineRow>()
  private readonly inFlight = new Set<string>()
  private readonly mail: Mail
  private turn: Promise<unknown> = Promise.resolve()

  private constructor(deps: OfficeDeps, secretKey: Uint8Array) {
    this.deps = deps
    this.secretKey = secretKey
    this.me = getPublicKey(secretKey)
    this.mail = new Mail(new Reader(secretKey), deps.store, deps.now)
  }

  /** Goes on where the last one was ended, however it was ended. */
  static async open(deps: OfficeDeps): Promise<Office> {
    const office = new Office(deps, await deps.store.secretKey())
    for (const row of await deps.store.machines()) office.machines.set(row.id, row)
    // what had been received and not yet heard is heard now; machines know what they have heard
    for (const { event } of await deps.store.events()) await office.route(office.mail.read(event))
    deps.till.onChange((row) => void office.inTurn(() => office.hearMoney(row)))
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

  /** An event from a relay or a file; it may come twice, and be anything. */
  hear(event: Event): Promise<void> {
    return this.inTurn(async () => {
      const message = await this.mail.receive(event)
      await this.route(message)
    })
  }

  /** Time passes: deadlines, and another try of what did not work. */
  async tick(): Promise<void> {
    await this.inTurn(async () => {
      for (const id of this.machines.keys()) await this.apply(id, { kind: 'time', now: this.deps.now(), height: this.deps.till.height() })
    })
  }

  /** Posts a bounty; held-out sets go to its verifiers. @returns its id */
  async post(spec: BountySpec, sets: { text: Uint8Array; salt: string }[]): Promise<EventId> {
    const key = `post/${spec.heldOut[0].sha256}`
    const { id, events } = await this.sign(key, { kind: 'bounty', spec }, null)
    await this.deps.publish(events)
    await this.deps.store.saveSent({ key, id, events, published: true })
    for (const [set, { text, salt }] of sets.entries()) await this.deps.store.saveHeldOut({ key: `${id}/${set}`, text, salt })
    for (const event of events) await this.hear(event)
    await this.inTurn(() => this.begin(`sponsor/${id}`, createSponsor(id, spec, this.me)))
    return id
  }

  /** Hands in a program. @returns the machine's id. @throws LabError "bounty.state" where the bounty is not known */
  async submit(bounty: EventId, trainJs: string): Promise<string> {
    const { spec, author } = this.known(bounty)
    const number = this.rows().filter(({ id }) => id.startsWith(`hunter/${bounty}/`)).length + 1
    const id = `hunter/${bounty}/${number}`
    await this.inTurn(() => this.begin(id, createHunter(bounty, spec, author, this.me, trainJs)))
    return id
  }

  /** Takes part as a verifier. @throws LabError "bounty.state" where this key is not one of them */
  async verify(bounty: EventId): Promise<void> {
    const { spec, author } = this.known(bounty)
    if (!spec.verifiers.includes(this.me)) {
      throw new LabError('bounty.state', 'This bounty names other verifiers.', { hint: 'Give its sponsor your public key before it is posted.' })
    }
    const id = `verifier/${bounty}`
    if (!this.machines.has(id)) await this.inTurn(() => this.begin(id, createVerifier(bounty, spec, author, this.me)))
  }

  wish(id: string, wish: Wish): Promise<void> {
    return this.inTurn(() => this.apply(id, { kind: 'person', wish }))
  }

  private known(bounty: EventId): Listing {
    const listing = this.mail.listings.get(bounty)
    if (listing) return listing
    throw new LabError('bounty.state', 'This bounty has not been received.', { hint: 'Connect a relay that has it, or import its file.' })
  }

  /** A new machine hears everything that has been said about its bounty. */
  private async begin(id: string, state: AnyState): Promise<void> {
    this.machines.set(id, { id, state, updatedAt: this.deps.now() })
    await this.apply(id, { kind: 'time', now: this.deps.now(), height: this.deps.till.height() })
    for (const message of this.mail.about(state.bounty)) await this.prepared(message, id)
  }

  private async route(message: Message | null): Promise<void> {
    if (!message) return
    if (message.body.kind === 'bounty') return this.deps.onListing(this.mail.listings.get(message.id)!)
    const ready = message.body.kind === 'commit' ? [message, ...this.mail.takeStrays()] : [message]
    for (const one of ready) {
      const bounty = this.mail.bountyOf(one)
      for (const { id, state } of this.rows()) if (state.bounty === bounty) await this.prepared(one, id)
    }
  }

  /** Held-out text is large and checked once; machines only hear that it is there. */
  private async prepared(message: Message, id: string): Promise<void> {
    const { body } = message
    const { state } = this.machines.get(id)!
    if (body.kind === 'heldOut') {
      if (state.role !== 'verifier' || message.author !== state.sponsor) return
      const text = bytesOfBase64(body.textBase64)
      if (!(await this.deps.isHeldOut(state.spec, body.set, text, body.salt))) return
      await this.deps.store.saveHeldOut({ key: `${body.bounty}/${body.set}`, text, salt: body.salt })
      return this.apply(id, { kind: 'message', message: { ...message, body: { ...body, textBase64: '' } } })
    }
    if (body.kind !== 'reveal') await this.apply(id, { kind: 'message', message })
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
    const state = structuredClone(row.state)
    if (state.role === 'hunter') stepHunter(state, input)
    else if (state.role === 'sponsor') stepSponsor(state, input, this.deps.decode)
    else stepVerifier(state, input, this.deps.inspect)
    const next = { id, state, updatedAt: this.deps.now() }
    if (input.kind !== 'time' || JSON.stringify(state.todo) !== JSON.stringify(row.state.todo)) await this.deps.store.saveMachine(next)
    this.machines.set(id, next)
    this.deps.onChange(next)
    for (const effect of state.todo) void this.perform(id, effect)
  }

  /** Does one thing, once at a time; its result is the next input. */
  private async perform(id: string, effect: Effect): Promise<void> {
    const flight = `${id}/${effect.key}`
    if (this.inFlight.has(flight)) return
    this.inFlight.add(flight)
    try {
      const result = await resultOf(effect, id, this.machines.get(id)!.state, { ...this.deps, send: (key, body, to) => this.send(key, body, to) })
      this.inFlight.delete(flight)
      await this.inTurn(() => this.apply(id, { kind: 'done', key: effect.key, result }))
    } catch (thrown) {
      this.inFlight.delete(flight)
      const error = LabError.from(thrown)
      this.deps.onError(error)
      if (FINAL.test(error.code)) await this.inTurn(() => this.apply(id, { kind: 'done', key: effect.key, result: { do: 'fail', reason: error.message } }))
    }
  }

  /** The events of a message: made once, kept, and the same ever after. */
  private async sign(key: string, body: Body, to: PublicKey | null): Promise<{ id: EventId; events: Event[] }> {
    const known = await this.deps.store.sent(key)
    if (known) return known
    const made = eventsOf(body, to, this.secretKey, this.deps.now())
    await this.deps.store.saveSent({ key, ...made, published: false })
    return made
  }

  private async send(key: string, body: Body, to: PublicKey | null): Promise<EventId> {
    const { id, events } = await this.sign(key, body, to)
    await this.deps.publish(events)
    await this.deps.store.saveSent({ key, id, events, published: true })
    for (const event of events) await this.hear(event) // this browser may play another part, too
    return id
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.turn.then(work)
    this.turn = turn.catch(() => undefined) // told to who asked
    return turn
  }
}
