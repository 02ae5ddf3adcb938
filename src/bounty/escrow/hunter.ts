// The hunter's machine for one submission: commit, bill every slice, show the patch when all of them are locked, settle
// what is released, give the rest back.

import type { IncomingState } from '../../wallet/types'
import type { BountySpec, EventId, Message, Money, Phase, PublicKey, Verdict } from '../types'
import { CLAIM_MARGIN_BLOCKS, drop, finish, park, tell, unpark, want, type Effect, type Input, type MachineState, type Result } from './machine'
import { commitmentOf, hashOfSecret } from './seal'
import { blocksNeeded, releaseOf, sliceAmountsMsat } from './terms'

export interface HunterSlice {
  slice: number
  verifier: PublicKey
  paymentHash: string
  amountMsat: number
  bolt11: string | null
  state: IncomingState
  /** the secret that claims it, once it has been released */
  preimage: string | null
}

export interface HunterState extends MachineState {
  role: 'hunter'
  trainJs: string
  nonce: string | null
  commit: EventId | null
  stage: 'committing' | 'committed' | 'billing' | 'billed' | 'shown' | 'judged' | 'finished' | 'over'
  places: Record<PublicKey, number>
  /** who has published hashes: with all of them the slices are known */
  reported: PublicKey[]
  slices: HunterSlice[]
  verdicts: Record<Phase, Record<PublicKey, Verdict>>
  /** without escrow: bills by phase, and whether they were paid */
  bills: Partial<Record<Phase, { paymentHash: string; amountMsat: number; paid: boolean }>>
  reason: string
}

/** A submission that has not been heard of yet. */
export function createHunter(bounty: EventId, spec: BountySpec, sponsor: PublicKey, me: PublicKey, trainJs: string): HunterState {
  const state: HunterState = {
    role: 'hunter', bounty, spec, sponsor, me, now: 0, height: null, todo: [], early: [], done: {}, trainJs, nonce: null, commit: null,
    stage: 'committing', places: {}, reported: [], slices: [], verdicts: { first: {}, stability: {} }, bills: {}, reason: '',
  } // prettier-ignore
  want(state, { key: 'nonce', do: 'draw', count: 1 })
  return state
}

/** Changes the state by one input. Messages have been checked for signature, author and form before. */
export function stepHunter(state: HunterState, input: Input): void {
  if (input.kind === 'time') tell(state, input)
  else if (input.kind === 'message') hear(state, input.message)
  else if (input.kind === 'incoming') note(state, input.paymentHash, input.state)
  else if (input.kind === 'done') {
    const effect = finish(state, input.key)
    if (effect) conclude(state, effect, input.result)
  } else if (input.kind === 'person' && input.wish.do === 'withdraw' && !isShown(state)) giveUp(state, 'Withdrawn before anything was shown.')
  show(state)
  if (state.spec.escrow === 'unescrowed') bill(state)
  for (const slice of state.slices) tend(state, slice)
  if (isShown(state) && state.slices.length > 0 && state.slices.every(isOver)) {
    state.stage = 'finished'
    drop(state, 'patch/') // nothing is locked any more: who has not seen it need not
  }
}

/** Money of the submission, as the hunter sees it. */
export function hunterMoney({ slices, bills }: HunterState): Money {
  const money: Money = { lockedMsat: 0, paidMsat: 0, refundedMsat: 0, pendingMsat: 0 }
  for (const { state, amountMsat } of slices) {
    if (state.state === 'locked') money.lockedMsat += amountMsat
    else if (state.state === 'settled') money.paidMsat += amountMsat
    else if (state.state === 'open') money.pendingMsat += amountMsat
    else money.refundedMsat += amountMsat
  }
  for (const { amountMsat, paid } of Object.values(bills)) money[paid ? 'paidMsat' : 'pendingMsat'] += amountMsat
  return money
}

function hear(state: HunterState, message: Message): void {
  const { author, body } = message
  if (!('commit' in body)) return
  if (state.commit === null) return park(state, message)
  if (body.commit !== state.commit) return
  const { verifiers } = state.spec
  const isVerifier = verifiers.includes(author)
  if (body.kind === 'decline' && (isVerifier || author === state.sponsor)) {
    // nobody takes back what has been shown: from then on only verdicts, secrets and time decide
    if (!isShown(state)) giveUp(state, body.reason)
    else if (isVerifier) {
      state.reason = body.reason
      release(state, author, new Set())
    }
  } else if (!isVerifier) return
  else if (body.kind === 'countersign') state.places[author] ??= body.place
  else if (body.kind === 'hashes') takeHashes(state, author, body.slices)
  else if (body.kind === 'verdict') takeVerdict(state, author, body.phase, body.verdict)
  else if (body.kind === 'secrets') {
    for (const { slice, preimage } of body.secrets) {
      const known = state.slices.find((other) => other.slice === slice && other.verifier === author)
      if (!known || known.preimage !== null || hashOfSecret(preimage) !== known.paymentHash) continue
      known.preimage = preimage
      drop(state, `cancel/${known.paymentHash}`)
    }
  }
}

function takeHashes(state: HunterState, verifier: PublicKey, offered: { slice: number; paymentHash: string; amountMsat: number }[]): void {
  if (state.stage !== 'committed' || state.reported.includes(verifier)) return
  state.reported.push(verifier)
  for (const one of offered) state.slices.push({ ...one, verifier, bolt11: null, state: { state: 'open' }, preimage: null })
  if (state.reported.length < state.spec.verifiers.length) return
  state.slices.sort((a, b) => a.slice - b.slice)
  const amounts = sliceAmountsMsat(state.spec)
  const asAgreed = state.slices.every(({ slice, amountMsat }, i) => slice === i && amountMsat === amounts[i])
  const distinct = new Set(state.slices.map(({ paymentHash }) => paymentHash)).size === state.slices.length
  if (!asAgreed || !distinct) return giveUp(state, 'The verifiers do not agree on the slices of this bounty.')
  state.stage = 'billing'
  for (const { slice, paymentHash, amountMsat } of state.slices) {
    want(state, { key: `hold/${paymentHash}`, do: 'makeHold', paymentHash, amountMsat, memo: `Assay bounty, slice ${slice + 1}`, expirySeconds: 3600, minFinalCltv: state.spec.lock.minCltv }) // prettier-ignore
  }
}

function takeVerdict(state: HunterState, verifier: PublicKey, phase: Phase, verdict: Verdict): void {
  if (state.verdicts[phase][verifier]) return
  state.verdicts[phase][verifier] = verdict
  if (state.stage === 'shown') state.stage = 'judged'
  const released = new Set(verdict.released.map(({ slice }) => slice))
  if (phase === 'first') {
    // what the re-check may add stays locked; everything else goes back at once
    const { now, later } = releaseOf(state.spec, verdict.ratio, state.slices.length)
    for (let slice = now; slice < now + later; slice++) released.add(slice)
  }
  release(state, verifier, released)
}

/** Without escrow: a bill for what each phase earned; no second one before the first is paid. */
function bill(state: HunterState): void {
  for (const phase of ['first', 'stability'] as const) {
    const earned = state.verdicts[phase][state.spec.verifiers[0]]?.amountMsat ?? 0
    if (earned === 0 || (phase === 'stability' && !state.bills.first?.paid)) continue
    want(state, { key: `bill/${phase}`, do: 'makeInvoice', amountMsat: earned, memo: `Assay bounty, ${phase} payment`, expirySeconds: 24 * 3600 })
  }
}

/** Gives back the slices of a verifier that it will not release any more. */
function release(state: HunterState, verifier: PublicKey, kept: ReadonlySet<number>): void {
  for (const slice of state.slices) if (slice.verifier === verifier && !kept.has(slice.slice)) cancel(state, slice)
}

function note(state: HunterState, paymentHash: string, incoming: IncomingState): void {
  const slice = state.slices.find((known) => known.paymentHash === paymentHash)
  // news may come late and out of order: what is over stays over
  if (slice && !isOver(slice)) slice.state = incoming
  for (const phase of ['first', 'stability'] as const) {
    const bill = state.bills[phase]
    if (bill?.paymentHash === paymentHash && incoming.state === 'settled') bill.paid = true
  }
  if (state.bills.first?.paid && state.commit && state.nonce)
    want(state, { key: 'delivery', do: 'send', to: state.sponsor, body: { kind: 'delivery', commit: state.commit, trainJs: state.trainJs, nonce: state.nonce } })
}

function conclude(state: HunterState, effect: Effect, result: Result): void {
  if (result.do === 'fail') {
    if (!isShown(state)) giveUp(state, result.reason)
    return
  }
  if (effect.do === 'draw' && result.do === 'draw') {
    if (state.stage === 'over') return // nobody has heard of it, and nobody will
    state.nonce = result.secrets[0]
    const commitment = commitmentOf(state.me, { nonce: state.nonce, trainJs: state.trainJs })
    want(state, { key: 'commit', do: 'send', to: null, body: { kind: 'commit', bounty: state.bounty, commitment } })
  } else if (effect.key === 'commit' && result.do === 'send') {
    state.commit = result.id
    if (state.stage === 'committing') state.stage = 'committed'
    else withdraw(state) // given up while it was being signed
    for (const message of unpark(state, (commit) => commit === state.commit)) hear(state, message)
    state.early = []
  } else if (effect.do === 'makeHold' && result.do === 'makeHold') {
    const slice = state.slices.find(({ paymentHash }) => paymentHash === effect.paymentHash)
    if (slice) slice.bolt11 = result.invoice.bolt11
    if (state.stage !== 'billing' || state.slices.some(({ bolt11 }) => bolt11 === null)) return
    state.stage = 'billed'
    const invoices = state.slices.map(({ slice: index, bolt11 }) => ({ slice: index, bolt11: bolt11! }))
    want(state, { key: 'invoices', do: 'send', to: state.sponsor, body: { kind: 'invoices', commit: state.commit!, invoices } })
  } else if (effect.do === 'makeInvoice' && result.do === 'makeInvoice') {
    const phase: Phase = effect.key === 'bill/first' ? 'first' : 'stability'
    const { bolt11, paymentHash } = result.invoice
    state.bills[phase] = { paymentHash, amountMsat: effect.amountMsat, paid: false }
    want(state, { key: `sendBill/${phase}`, do: 'send', to: state.sponsor, body: { kind: 'bill', commit: state.commit!, bolt11, amountMsat: effect.amountMsat } })
  } else if (effect.do === 'settle' && result.do === 'settle') {
    const slice = state.slices.find(({ paymentHash }) => paymentHash === effect.paymentHash)
    if (slice) slice.state = { state: 'settled', amountMsat: slice.amountMsat }
  }
}

/** Shows the patch to the verifiers, when nothing that was agreed is missing. */
function show(state: HunterState): void {
  const { spec, slices } = state
  const isFree = spec.escrow === 'unescrowed' && state.reported.length === spec.verifiers.length
  if (isFree ? state.stage !== 'billing' : state.stage !== 'billed') return
  for (const { state: incoming, amountMsat } of slices) {
    if (incoming.state !== 'locked') return
    const blocks = incoming.deadlineHeight === null || state.height === null ? Infinity : incoming.deadlineHeight - state.height
    if (incoming.amountMsat < amountMsat) return giveUp(state, 'The sponsor locked less than a slice.')
    if (blocks < blocksNeeded(spec)) return giveUp(state, 'The locks end before the re-check would be over.')
  }
  state.stage = 'shown'
  for (const verifier of spec.verifiers) {
    want(state, { key: `patch/${verifier}`, do: 'send', to: verifier, body: { kind: 'patch', commit: state.commit!, nonce: state.nonce!, trainJs: state.trainJs } })
  }
}

function tend(state: HunterState, slice: HunterSlice): void {
  if (slice.state.state !== 'locked') return
  const { paymentHash, preimage } = slice
  const left = slice.state.deadlineHeight === null || state.height === null ? Infinity : slice.state.deadlineHeight - state.height
  if (preimage !== null) want(state, { key: `settle/${paymentHash}`, do: 'settle', paymentHash, preimage })
  // a claim so late might not reach the chain; giving back in order keeps the channel
  else if (left <= CLAIM_MARGIN_BLOCKS || state.stage === 'over') cancel(state, slice)
}

function cancel(state: HunterState, slice: HunterSlice): void {
  if (slice.preimage !== null || isOver(slice)) return
  want(state, { key: `cancel/${slice.paymentHash}`, do: 'cancel', paymentHash: slice.paymentHash })
}

function giveUp(state: HunterState, reason: string): void {
  if (state.stage === 'over') return
  state.stage = 'over'
  state.reason = reason
  for (const prefix of ['hold/', 'invoices', 'patch/']) drop(state, prefix)
  for (const slice of state.slices) if (slice.bolt11 !== null || slice.state.state === 'locked') cancel(state, slice)
  withdraw(state)
}

/** Its turn is free for the next one, and nobody has to lock anything. */
function withdraw(state: HunterState): void {
  const { commit, reason } = state
  if (commit !== null) want(state, { key: 'withdraw', do: 'send', to: null, body: { kind: 'withdraw', commit, reason } })
}

function isShown({ stage }: HunterState): boolean {
  return stage === 'shown' || stage === 'judged' || stage === 'finished'
}

function isOver({ state }: HunterSlice): boolean {
  return state.state === 'settled' || state.state === 'cancelled' || state.state === 'expired'
}
