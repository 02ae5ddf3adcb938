// What the machines ask for, done: each by a key of its own, so that it may be asked again.

import { LabError } from '../../core/errors'
import type { Till } from '../../wallet/types'
import type { Effect, Result } from '../escrow/machine'
import type { BountySpec, Body, EventId, NamedGate, Phase, PublicKey, Score } from '../types'
import { base64Of } from './heldOut'
import type { AnyState, BountyStore } from './store'

export interface Measurement {
  bounty: EventId
  spec: BountySpec
  trainJs: string
  /** held-out text, and which set it is */
  text: Uint8Array
  set: number
  phase: Phase
  commit: EventId | null
}

/** After the deadline: the last re-check, and time to pay for it. */
const GRACE_SECONDS = 30 * 86_400

export interface EffectDeps {
  store: BountyStore
  till: Till
  /** Trains and scores. A program that fails has no score; what is thrown is a fault of this machine. */
  measure(work: Measurement): Promise<{ score: Score | null; gates: NamedGate[]; reason: string }>
  /** 32 random bytes in hex, each */
  draw(count: number): string[]
  /** Signs once a key, hands it to the outbox, and says which message it was. */
  send(key: string, body: Body, to: PublicKey | null): Promise<EventId>
}

/**
 * Does one thing for machine `id`.
 * @throws LabError of the till, the relays or the judge
 */
export async function resultOf(effect: Effect, id: string, { spec, bounty }: AnyState, deps: EffectDeps): Promise<Result> {
  const { till, store } = deps
  const key = `${id}/${effect.key}`
  switch (effect.do) {
    case 'draw':
      return { do: 'draw', secrets: deps.draw(effect.count) }
    case 'send':
      return { do: 'send', id: await deps.send(key, await whole(effect.body, store), effect.to) }
    case 'makeHold':
      return { do: 'makeHold', invoice: await till.makeHoldInvoice({ ...effect, key, why: spec.title, isPlayMoney: spec.money === 'play' }) }
    case 'makeInvoice':
      return { do: 'makeInvoice', invoice: await till.makeInvoice({ ...effect, key, why: spec.title, isPlayMoney: spec.money === 'play' }) }
    case 'pay': {
      const { bolt11, paymentHash, amountMsat, maxCltv, toWhom, why } = effect
      // what is owed for a verdict may be billed after the deadline; a slice is locked before it
      const isOwed = effect.key.startsWith('fee/') || spec.escrow === 'unescrowed'
      const agreed = { paymentHash, amountMsat, maxCltv, notAfter: spec.deadline + (isOwed ? GRACE_SECONDS : 0) }
      return { do: 'pay', state: await till.pay({ key, bolt11, agreed, toWhom, why: `${spec.title}: ${why}` }) }
    }
    case 'settle':
      await till.settle(effect.paymentHash, effect.preimage)
      return { do: 'settle' }
    case 'cancel':
      await till.cancel(effect.paymentHash)
      return { do: 'cancel' }
    case 'measure': {
      const { trainJs, set, phase, commit } = effect
      const { text } = await heldOutOf(store, bounty, set)
      return { do: 'measure', ...(await deps.measure({ bounty, spec, trainJs, text, set, phase, commit })) }
    }
  }
}

/** Machines name a held-out set; its text, which is large, is put in as it is sent. */
async function whole(body: Body, store: BountyStore): Promise<Body> {
  if (body.kind !== 'heldOut' && body.kind !== 'reveal') return body
  const { text, salt } = await heldOutOf(store, body.bounty, body.set)
  return { ...body, textBase64: base64Of(text), salt }
}

async function heldOutOf(store: BountyStore, bounty: EventId, set: number): Promise<{ text: Uint8Array; salt: string }> {
  const row = await store.heldOut(`${bounty}/${set}`)
  if (row) return row
  throw new LabError('bounty.state', 'The held-out text of this bounty is not here.', { hint: 'Its sponsor sends it to the verifiers: wait for it, or ask.' })
}
