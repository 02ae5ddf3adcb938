// A world for the machines: money, a chain, a relay that delays, reorders, repeats and forges, machines that crash between
// doing and remembering, and parties that cheat. Everything is drawn from one seed.

import { Rng } from '../../../core/rng'
import type { BountySpec, Body, PublicKey } from '../../types'
import { createHunter, stepHunter, type HunterState } from '../hunter'
import type { Effect, Input, Result } from '../machine'
import { hashOfSecret } from '../seal'
import { blocksNeeded } from '../terms'
import type { SponsorState } from '../lock'
import { createSponsor, stepSponsor } from '../sponsor'
import type { VerifierState } from '../verdict'
import { createVerifier, stepVerifier } from '../verifier'
import { Chain, incomingOf, outgoingOf, type Lock } from './chain'
import { decode, hexKey, measured, type Vice } from './facts'
import { Post } from './post'

interface Party {
  key: PublicKey
  vice: Vice
  state: HunterState | SponsorState | VerifierState
  inbox: Input[]
  seen: Set<string>
}

export class World {
  readonly rng: Rng
  readonly spec: BountySpec
  readonly parties: Party[] = []
  readonly chain = new Chain((lock) => this.announce(lock))
  readonly secretsSent = new Set<string>()
  /** hash → height at which its honest owner held the secret, and the height at which the lock would end */
  readonly inTime = new Map<string, boolean>()
  readonly problems: string[] = []
  private readonly post = new Post()
  private now = 1000

  constructor(seed: number, spec: BountySpec, vices: { sponsor: Vice; hunters: Vice[]; verifiers: Vice[] }) {
    this.rng = new Rng(seed, 'world')
    this.spec = { ...spec, verifiers: vices.verifiers.map((_, i) => hexKey(2 + i)) }
    const bounty = hexKey(0xb0)
    const sponsor = hexKey(1)
    this.join(sponsor, vices.sponsor, createSponsor(bounty, this.spec, sponsor), 10_000_000)
    vices.verifiers.forEach((vice, i) => this.join(hexKey(2 + i), vice, createVerifier(bounty, this.spec, sponsor, hexKey(2 + i)), 0))
    vices.hunters.forEach((vice, i) => {
      // a copyist hands in the first hunter's text under its own name
      const trainJs = vice === 'overfits' ? 'overfit 0.2' : `gain ${vice === 'copies' ? 0.06 : (0.06 * (i + 1)).toFixed(2)}`
      this.join(hexKey(0x10 + i), vice, createHunter(bounty, this.spec, sponsor, hexKey(0x10 + i), trainJs), 0)
    })
    this.tick(0)
  }

  private join(key: PublicKey, vice: Vice, state: Party['state'], balance: number): void {
    this.parties.push({ key, vice, state, inbox: [], seen: new Set() })
    this.chain.balances.set(key, balance)
  }

  /** One thing happens somewhere. */
  move(): void {
    const party = this.rng.pick(this.parties)
    const roll = this.rng.uniform()
    if (party.vice === 'withdraws' && this.rng.uniform() < 0.05) this.step(party, { kind: 'person', wish: { do: 'withdraw' } })
    if (roll < 0.45) this.deliver(party)
    else if (roll < 0.85) this.stumble(party)
    else if (roll < 0.9) this.tick(this.rng.int(900))
    else if (roll < 0.95) this.repeat(party)
    else this.forge(party)
  }

  /** Everybody reads and does everything, again and again, until long after the last deadline. */
  settleDown(): void {
    for (let round = 0; round < 100; round++) {
      let isQuiet = false
      while (!isQuiet) {
        isQuiet = true
        for (const party of this.parties) {
          while (this.deliver(party)) isQuiet = false
          for (const effect of party.state.todo.slice()) if (this.act(party, effect)) isQuiet = false
        }
      }
      this.tick(2400)
    }
  }

  private step(party: Party, input: Input): void {
    const { state } = party
    if (state.role === 'verifier') stepVerifier(state, input, (spec, { trainJs }, _, earlier) =>
      spec.rules.forbidden.some((text) => trainJs.includes(text)) ? 'forbidden' : earlier.some(({ patch }) => patch.trainJs === trainJs) ? 'copy' : null)
    else if (state.role === 'hunter') {
      const { stage } = state
      stepHunter(state, input)
      if (state.stage === 'shown' && stage !== 'shown') this.checkShown(state)
      for (const { preimage, paymentHash } of state.slices) {
        const lock = this.chain.locks.get(paymentHash)
        if (preimage && lock && !this.inTime.has(paymentHash)) this.inTime.set(paymentHash, lock.state === 'locked' && lock.deadlineHeight - this.chain.height > 6)
      }
    } else stepSponsor(state, input, decode)
  }

  /** Nobody shows anything before everything is locked, for as much and as long as was agreed. */
  private checkShown({ slices }: HunterState): void {
    for (const { paymentHash, amountMsat } of slices) {
      const lock = this.chain.locks.get(paymentHash)
      if (!lock || lock.amountMsat < amountMsat || lock.deadlineHeight - this.chain.height < blocksNeeded(this.spec)) this.problems.push('shown too early')
    }
  }

  private deliver(party: Party): boolean {
    const letters = this.post.messages.filter(({ id, to }) => (to === null || to === party.key) && !party.seen.has(id))
    if (letters.length === 0 && party.inbox.length === 0) return false
    if (letters.length === 0 || (party.inbox.length > 0 && this.rng.uniform() < 0.5)) {
      this.step(party, party.inbox.splice(this.rng.int(party.inbox.length), 1)[0])
    } else {
      const message = this.rng.pick(letters)
      party.seen.add(message.id)
      this.step(party, { kind: 'message', message })
    }
    return true
  }

  /** A relay that sends again what was read long ago. */
  private repeat(party: Party): void {
    const read = this.post.messages.filter(({ id }) => party.seen.has(id))
    if (read.length > 0) this.step(party, { kind: 'message', message: this.rng.pick(read) })
  }

  /** A stranger's message: it is signed, but by nobody whose word counts. */
  private forge(party: Party): void {
    if (this.post.messages.length === 0) return
    const { id, body: said } = this.rng.pick(this.post.messages)
    const body: Body = said.kind === 'commit' ? { kind: this.rng.pick(['withdraw', 'decline']), commit: id, reason: 'forged' } : said
    this.step(party, { kind: 'message', message: this.post.forged(body, party.key, this.now) })
  }

  private tick(seconds: number): void {
    this.now += seconds
    this.chain.mine(Math.floor(seconds / 600) + (this.rng.uniform() < (seconds % 600) / 600 ? 1 : 0))
    for (const party of this.parties) {
      this.step(party, { kind: 'time', now: this.now, height: this.chain.height })
      const locked = party.vice === 'saysBack' ? this.chain.lockedBy(party.key) : []
      if (locked.length > 0) this.step(party, { kind: 'outgoing', paymentHash: this.rng.pick(locked), state: { state: 'failed', reason: 'said', saidBy: 'person' } })
    }
  }

  /** Does one of the things that a machine asked for; now and then the machine crashes before it hears of it. */
  private stumble(party: Party): void {
    const { todo } = party.state
    if (todo.length === 0 || this.rng.uniform() < 0.1) return // the wallet or the relay is offline
    const effect = this.rng.pick(todo)
    if (this.rng.uniform() >= 0.1) return void this.act(party, effect)
    this.perform(party, effect)
    // what is remembered was written before; what was only in memory is gone
    party.state = JSON.parse(JSON.stringify(party.state))
    party.inbox = []
    this.tellMoney(party)
  }

  private act(party: Party, effect: Effect): boolean {
    if (!party.state.todo.includes(effect)) return false
    const result = this.perform(party, effect)
    if (result !== null) this.step(party, { kind: 'done', key: effect.key, result })
    return result !== null
  }

  private perform(party: Party, effect: Effect): Result | null {
    const { key, vice } = party
    switch (effect.do) {
      case 'draw':
        return { do: 'draw', secrets: Array.from({ length: effect.count }, () => Array.from({ length: 8 }, () => this.rng.uint32().toString(16).padStart(8, '0')).join('')) }
      case 'send':
        return { do: 'send', id: this.send(party, effect.to, effect.body, `${key}/${effect.key}`) }
      case 'measure':
        return { do: 'measure', ...measured(effect.trainJs, vice === 'lies', this.rng) }
      case 'makeInvoice':
      case 'makeHold': {
        const paymentHash = effect.do === 'makeHold' ? effect.paymentHash : hashOfSecret(this.post.secretOf(`${key}/${effect.key}`))
        const amountMsat = vice === 'alters' ? effect.amountMsat * 2 : effect.amountMsat
        const cltv = effect.do === 'makeHold' ? effect.minFinalCltv : 0
        const bolt11 = ['inv', paymentHash, amountMsat, cltv, this.now + effect.expirySeconds, key].join(':')
        return { do: effect.do, invoice: decode(bolt11)! }
      }
      case 'pay':
        return this.pay(party, effect)
      case 'settle': {
        const lock = this.chain.locks.get(effect.paymentHash)
        // paid for all slices but the first, and its secret kept from the sponsor: the patch must be readable all the same
        if (vice === 'cancelsOne' && party.state.role === 'hunter' && party.state.slices[0].paymentHash === effect.paymentHash && lock?.state === 'locked') this.chain.end(lock, 'refunded')
        if (vice === 'settlesLate' && lock && this.chain.height < lock.deadlineHeight - 1) return null
        if (hashOfSecret(effect.preimage) !== effect.paymentHash) this.problems.push('settled with a wrong secret')
        if (lock?.state === 'locked') this.chain.end(lock, 'settled', effect.preimage)
        return lock?.state === 'settled' ? { do: 'settle' } : { do: 'fail', reason: 'It is not locked.' }
      }
      case 'cancel': {
        const lock = this.chain.locks.get(effect.paymentHash)
        if (lock?.state === 'locked') this.chain.end(lock, 'refunded')
        return { do: 'cancel' }
      }
    }
  }

  private pay(party: Party, { bolt11, paymentHash, amountMsat }: Extract<Effect, { do: 'pay' }>): Result | null {
    if (party.vice === 'neverLocks') return null
    const known = this.chain.locks.get(paymentHash)
    if (known) return { do: 'pay', state: outgoingOf(known) }
    const invoice = decode(bolt11)!
    const payee = bolt11.split(':')[5]
    const amount = party.vice === 'locksLess' ? invoice.amountMsat / 2 : invoice.amountMsat
    if (invoice.amountMsat !== amountMsat) this.problems.push('paid an invoice of another amount')
    if (invoice.expiresAt < this.now) return { do: 'fail', reason: 'expired' }
    const blocks = party.vice === 'locksShort' ? 8 : invoice.minFinalCltv + this.rng.int(40)
    const lock = this.chain.lock({ paymentHash, payer: party.key, payee, amountMsat: amount }, blocks)
    const ordinary = this.post.secretOn(paymentHash)
    if (ordinary) this.chain.end(lock, 'settled', ordinary)
    return { do: 'pay', state: outgoingOf(lock) }
  }

  private announce(lock: Lock): void {
    for (const party of this.parties) {
      if (party.key === lock.payee) party.inbox.push({ kind: 'incoming', paymentHash: lock.paymentHash, state: incomingOf(lock) })
      // now and then a wallet says that it has paid, and has not
      if (party.key === lock.payer && this.rng.uniform() < 0.02) party.inbox.push({ kind: 'outgoing', paymentHash: lock.paymentHash, state: { state: 'paid', preimage: hexKey(0xbad), feeMsat: 0 } })
      if (party.key === lock.payer) party.inbox.push({ kind: 'outgoing', paymentHash: lock.paymentHash, state: outgoingOf(lock) })
    }
  }

  /** What a wallet is asked after a restart. */
  private tellMoney(party: Party): void {
    for (const lock of this.chain.locks.values()) if (lock.payee === party.key || lock.payer === party.key) this.announce(lock)
  }

  private send(party: Party, to: PublicKey | null, body: Body, key: string): string {
    const { vice, state } = party
    const say = (whom: PublicKey | null, what: Body, at = key) => this.post.send(party.key, whom, what, at, this.now)
    if (body.kind === 'secrets') {
      if (vice === 'withholds') return hexKey(0xdead)
      if (vice === 'garbles') return say(to, { ...body, secrets: body.secrets.map(({ slice }) => ({ slice, preimage: hexKey(0xbad) })) })
      for (const { preimage } of body.secrets) this.secretsSent.add(hashOfSecret(preimage))
    }
    if (vice === 'swaps' && body.kind === 'patch') return say(to, { ...body, trainJs: 'gain 0.2' })
    // shown to some, taken back for the others
    if (vice === 'takesBack' && body.kind === 'patch') say(null, { kind: 'withdraw', commit: body.commit, reason: '' }, `${party.key}/withdraw`)
    if (vice === 'leaks' && body.kind === 'hashes' && state.role === 'verifier') {
      const { author, slices, commit } = state.submissions[body.commit]
      for (const { preimage } of slices) this.secretsSent.add(hashOfSecret(preimage))
      say(author, { kind: 'secrets', commit, phase: 'first', secrets: slices }, `${key}/leak`)
    }
    return say(to, body)
  }
}
