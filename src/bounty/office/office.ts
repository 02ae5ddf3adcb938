// The office runs the machines: it hears messages and money, makes every step durable before it does what the step asks
// for, and does it again after a restart until it is done.

import type { Event } from 'nostr-tools/pure'
import { getPublicKey } from 'nostr-tools/pure'
import { LabError } from '../../core/errors'
import type { PaymentRow } from '../../wallet/types'
import { createHunter } from '../escrow/hunter'
import type { Input, Wish } from '../escrow/machine'
import { createSponsor } from '../escrow/sponsor'
import { createVerifier } from '../escrow/verifier'
import type { BountySpec, Body, EventId, Message, PublicKey } from '../types'
import { Reader } from '../wire/events'
import { heardText } from './heldOut'
import { Machines, type MachinesDeps } from './machines'
import { Mail, type Listing } from './mail'
import { Outbox, type OutboxDeps } from './outbox'
import type { AnyState, HeldOutRow, MachineRow } from './store'

export interface OfficeDeps extends Omit<MachinesDeps, 'send'>, Pick<OutboxDeps, 'publish'> {
  onListing(listing: Listing): void
  /** Something was heard that may change what is seen of a bounty. */
  onMail(bounty: EventId): void
}

export class Office {
  readonly me: PublicKey
  private readonly deps: OfficeDeps
  private readonly mail: Mail
  private readonly outbox: Outbox
  private machines!: Machines
  private endMoney: () => void = () => undefined

  private constructor(deps: OfficeDeps, secretKey: Uint8Array, outbox: Outbox) {
    this.deps = deps
    this.me = getPublicKey(secretKey)
    this.outbox = outbox
    const isOurs = (bounty: EventId) => this.rows().some(({ state }) => state.bounty === bounty)
    this.mail = new Mail({ ...deps, reader: new Reader(secretKey), isOurs })
  }

  /** Goes on where the last one was ended, however it was ended. */
  static async open(deps: OfficeDeps): Promise<Office> {
    const secretKey = await deps.store.secretKey()
    const office = new Office(deps, secretKey, await Outbox.open({ ...deps, secretKey }))
    const machines = (office.machines = await Machines.open({ ...deps, send: (key, body, to) => office.send(key, body, to) }))
    office.endMoney = deps.till.onChange((row) => office.inBackground(machines.inTurn(() => office.hearMoney(row))))
    // what had been received and not yet heard is heard now; machines know what they have heard
    await machines.inTurn(() => office.mail.reread((message) => office.route(message)))
    for (const row of await deps.till.payments()) await machines.inTurn(() => office.hearMoney(row))
    await office.tick()
    return office
  }

  rows(): MachineRow[] {
    return this.machines.rows()
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
    return this.machines.inTurn(async () => {
      if (this.machines.isClosed) return false
      const message = await this.mail.receive(event, bounty)
      if (message) await this.route(message)
      return message !== null
    })
  }

  /** Time passes: deadlines, and another try of what did not work. */
  async tick(): Promise<void> {
    await this.machines.inTurn(async () => {
      for (const { id } of this.rows()) await this.machines.passTime(id)
    })
    this.inBackground(this.outbox.flush())
  }

  /** Something is there that was not: a wallet, a relay, this machine after a sleep. What waited is tried at once. */
  wake(): Promise<void> {
    this.machines.hurry()
    return this.tick()
  }

  /** Other relays were chosen. */
  newRelays(): Promise<void> {
    return this.outbox.startOver()
  }

  /** Resolves when nothing is under way: what is left waits for others, for time, or for another try. */
  rest(): Promise<void> {
    return this.machines.rest()
  }

  /** Nothing is done any more; what is under way ends unheard, as if the machine had been switched off. */
  close(): void {
    this.machines.isClosed = true
    this.endMoney()
  }

  /** Posts a bounty; held-out sets go to its verifiers. @returns its id */
  async post(spec: BountySpec, sets: { text: Uint8Array; salt: string }[]): Promise<EventId> {
    const { id, events } = await this.outbox.sign(`post/${spec.heldOut[0].sha256}`, { kind: 'bounty', spec }, null)
    for (const [set, { text, salt }] of sets.entries()) await this.deps.store.saveHeldOut({ key: `${id}/${set}`, text, salt })
    for (const event of events) await this.hear(event, id)
    await this.machines.inTurn(() => this.begin(`sponsor/${id}`, createSponsor(id, spec, this.me)))
    await this.tick()
    return id
  }

  /** Hands in a program. @returns the machine's id. @throws LabError "bounty.state" where the bounty is not known */
  submit(bounty: EventId, trainJs: string): Promise<string> {
    const { spec, author } = this.listing(bounty)
    return this.machines.inTurn(async () => {
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
    await this.machines.inTurn(async () => {
      if (this.machines.get(id) === null) await this.begin(id, createVerifier(bounty, spec, author, this.me))
    })
  }

  wish(id: string, wish: Wish): Promise<void> {
    return this.machines.inTurn(() => this.machines.apply(id, { kind: 'person', wish }))
  }

  /** A new machine hears everything that has been said about its bounty. */
  private async begin(id: string, state: AnyState): Promise<void> {
    await this.machines.add(id, state)
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
    const listing = this.mail.listings.get(this.machines.get(id)!.bounty)
    const heard = listing ? await heardText(message, listing, this.deps.store) : message
    if (heard) await this.machines.apply(id, { kind: 'message', message: heard })
  }

  private async hearMoney({ direction, paymentHash, state }: PaymentRow): Promise<void> {
    if (state.state === 'asked' || state.state === 'refused') return
    const input = { kind: direction === 'out' ? 'outgoing' : 'incoming', paymentHash, state } as Input
    for (const { id, state: machine } of this.rows()) if (machine.role !== 'verifier') await this.machines.apply(id, input)
  }

  /** Signed, kept and heard here; the relays get it in their turn. */
  private async send(key: string, body: Body, to: PublicKey | null): Promise<EventId> {
    const { id, events } = await this.outbox.sign(key, body, to)
    for (const event of events) await this.hear(event, key.split('/')[1]) // this browser may play another part, too
    this.inBackground(this.outbox.flush())
    return id
  }

  private inBackground(work: Promise<unknown>): void {
    work.catch((thrown: unknown) => this.deps.onError(LabError.from(thrown)))
  }
}
