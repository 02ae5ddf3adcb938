// What the bounty pages make of facts: words of strangers, amounts, groups of payments, the board, the next thing to do.

import { expect, test, vi } from 'vitest'
import type { BountySpec } from '../../bounty/types'
import type { PaymentRow } from '../../wallet/types'
import type { BountyDraft, ListingView, PartView } from '../../worker/bountyProtocol'
import { nextAction } from './bountyActions'
import { askedTogether } from './bountyAsked'
import { EVERYTHING, pick } from './bountyBoard'
import { delayed, payoutsOf, promisesOf, risksOf } from './bountyForm'
import { leftBehind } from './bountyImport'
import { fiatText, readRate, readWhole, satText } from './bountyMoney'
import { HOME, loadPlace } from './bountyPlace'
import { slowed } from './bountyPractice'
import { isRelayAddress } from './bountyRelay'
import { tame, tameLine } from './bountyText'
import { leftText, verifiersText } from './bountyWords'

const ME = '1'.repeat(64)
const OTHER = '2'.repeat(64)
const NOW = 1_900_000_000

function specFixture(change: Partial<BountySpec> = {}): BountySpec {
  return {
    version: 1, title: 'A better tiny model', description: '', targetFiles: ['train.js'], baseline: { trainJs: '', sha256: '', valBpb: null },
    task: {
      version: 1, name: 'Stories', dataset: { kind: 'grammar', seed: 1, bytes: 1 }, tokenizer: { kind: 'bytes' }, metric: 'val_bpb', direction: 'min',
      budget: { kind: 'tokens', amount: 1 }, evaluation: { context: 1, tokens: 1 }, keepRule: { kind: 'plain', repeats: 1, floorBpb: 0 }, guards: { maxWallSeconds: 1, maxBytes: 1 },
    },
    targetImprovementBpb: 0.1, poolSat: 1000, slices: 10, nowShare: 0.8, stabilityDelaySeconds: 60, deadline: 2 * NOW, lock: { minCltv: 144, maxCltv: 432 },
    escrow: 'sliced', money: 'play', accessFeeSat: 0, materialsUrl: null, verifiers: [OTHER], coordinatorFeePercent: 0, heldOut: [], seeds: 1, toleranceBpb: 0.01,
    rules: { maxDiffBytes: 1, maxDiffLines: 1, forbidden: [], maxSubmissionsPerKey: 1, maxSimilarity: 1 }, ...change,
  } // prettier-ignore
}

function listing(change: Partial<ListingView> = {}): ListingView {
  return { id: 'a'.repeat(64), author: OTHER, createdAt: 1, spec: specFixture(), isOpen: true, bestBpb: 2.5, leftSat: 1000, submissions: 0, watched: false, ...change }
}

function row(change: Partial<PaymentRow>): PaymentRow {
  return {
    key: 'sponsor/b/pay/c/1', direction: 'out', wallet: 'practice', walletId: 'w', isPlayMoney: true, paymentHash: 'h', bolt11: '', amountMsat: 100_000, feeMsat: 0,
    toWhom: OTHER, why: 'Slice 1 of 2', createdAt: 1, updatedAt: 1, state: { state: 'asked' }, preimage: null, lockedUntil: null, ...change,
  } // prettier-ignore
}

test('words of strangers are bounded, and signs that hide or turn text are gone', () => {
  expect(tame('a\u202eb\u200bc\u0007d\ne', 100)).toBe('abcd\ne')
  expect(tameLine('  <b>x</b>\n\n y\u2066z ', 100)).toBe('<b>x</b> yz')
  expect(tame('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`)
  expect(tameLine('y'.repeat(5000), 120)).toHaveLength(120)
})

test('amounts say what they are worth, to the msat; play money has no price', () => {
  expect(satText(1_234_567_125, false)).toBe('1,234,567.125 sat')
  expect(satText(100_000, true)).toBe('100 play sat')
  expect(fiatText(100_000_000, { currency: 'EUR', perBitcoin: 50_000 })).toBe('≈ 50.00 EUR')
  expect(fiatText(1000, null)).toBeNull()
  expect(readRate({ currency: 'EUR', perBitcoin: 0 })).toBeNull()
  expect(readRate({ currency: '<b>', perBitcoin: 1 })).toBeNull()
  expect([readWhole('1,000'), readWhole('1e3'), readWhole('')]).toEqual([1000, null, null])
})

test('slices of one submission are one question; play and real money, people and submissions are not mixed', () => {
  const asked = [
    { persona: 'me' as const, row: row({ key: 'sponsor/b/pay/c/1' }) },
    { persona: 'me' as const, row: row({ key: 'sponsor/b/pay/c/2' }) },
    { persona: 'me' as const, row: row({ key: 'sponsor/b/pay/d/1' }) },
    { persona: 'me' as const, row: row({ key: 'sponsor/b/pay/c/3', isPlayMoney: false, wallet: 'nwc' }) },
    { persona: 'me' as const, row: row({ key: 'sponsor/b/pay/c/4', toWhom: ME }) },
    { persona: 'sponsor' as const, row: row({ key: 'sponsor/b/pay/c/5' }) },
  ]
  expect(askedTogether(asked).map(({ rows }) => rows.length)).toEqual([2, 1, 1, 1, 1])
})

test('the board is narrowed by words, money, escrow, watch and time', () => {
  const board = [
    listing(),
    listing({ id: 'b'.repeat(64), createdAt: 2, watched: true, spec: specFixture({ title: 'Ünder the sea', money: 'real', poolSat: 5000, slices: 5 }) }),
    listing({ id: 'c'.repeat(64), createdAt: 3, spec: specFixture({ escrow: 'unescrowed', deadline: NOW - 1 }) }),
  ]
  const ids = (change: object) => pick(board, { ...EVERYTHING, ...change }, NOW).map(({ id }) => id[0]).join('')
  expect(ids({})).toBe('cba')
  expect(ids({ order: 'pool' })[0]).toBe('b')
  expect(ids({ search: 'ÜNDER  sea' })).toBe('b')
  expect(ids({ search: OTHER.slice(0, 20) })).toBe('cba')
  expect(ids({ open: true })).toBe('ba')
  expect(ids({ money: 'real' })).toBe('b')
  expect(ids({ escrow: 'unescrowed' })).toBe('c')
  expect(ids({ watched: true })).toBe('b')
})

test('the next thing to do: verify where named, review what was bought, hunt, hand in, or wait', () => {
  const part: PartView = {
    id: 'sponsor/a', role: 'sponsor', bounty: 'a'.repeat(64), title: '', stage: 'Open.', next: 'Hunters work on it.', isOver: false, isTrustedSponsor: false,
    money: { lockedMsat: 0, paidMsat: 0, refundedMsat: 0, pendingMsat: 0 }, isPlayMoney: true, lockedUntil: null, timeline: [], submissions: [], wishes: ['close'],
  } // prettier-ignore
  const verdict = { heldOutBpb: 2, improvementBpb: 0.1, bestBeforeBpb: 2.1, ratio: 1, amountMsat: 1, released: [], accepted: true, reason: '' }
  const bought = { commit: 'c', author: OTHER, place: 1, stage: '', money: part.money, scores: [], verdicts: { first: verdict, stability: null }, trainJs: 'x', complaint: null }
  expect(nextAction(listing(), [], ME, null, NOW)).toEqual({ do: 'hunt' })
  expect(nextAction(listing(), [], ME, 'lab', NOW)).toEqual({ do: 'submit', labId: 'lab' })
  expect(nextAction(listing({ spec: specFixture({ verifiers: [ME] }) }), [], ME, null, NOW)).toEqual({ do: 'verify' })
  expect(nextAction(listing({ author: ME }), [part], ME, null, NOW)).toEqual({ do: 'wait', text: 'Hunters work on it.' })
  expect(nextAction(listing({ author: ME }), [{ ...part, wishes: ['review'], submissions: [bought] }], ME, null, NOW)).toMatchObject({ do: 'review' })
  expect(nextAction(listing({ author: ME, isOpen: false }), [{ ...part, wishes: ['reveal'] }], ME, null, NOW)).toEqual({ do: 'reveal' })
  expect(nextAction(listing({ isOpen: false }), [], ME, null, NOW)).toMatchObject({ do: 'wait' })
})

test('what a draft promises adds up, and says who judges and what may be lost', () => {
  const spec = specFixture()
  const draft: BountyDraft = {
    ...spec, about: { labId: 'lab' }, tokens: 1, verifiers: [], heldOut: [], money: 'real', poolSat: 1000, slices: 10,
  } // prettier-ignore
  for (const { nowMsat, laterMsat, backMsat } of payoutsOf(draft)) expect(nowMsat + laterMsat + backMsat).toBe(1_000_000)
  expect(payoutsOf(draft)[1]).toMatchObject({ ratio: 0.5, nowMsat: 400_000, laterMsat: 100_000 })
  expect(payoutsOf({ ...draft, slices: NaN })).toEqual([])
  expect(promisesOf(draft).join(' ')).toContain('Trusted sponsor')
  expect(promisesOf({ ...draft, money: 'play' })[0]).toContain('1,000 play sat')
  expect(risksOf(draft)[0]).toContain('10 payments of 100 sat')
  expect(risksOf({ ...draft, escrow: 'unescrowed' }).join(' ')).toContain('walk away')
  expect(delayed({ lock: { minCltv: 144, maxCltv: 150 } }, 86_400)).toEqual({ stabilityDelaySeconds: 86_400, lock: { minCltv: 192, maxCltv: 192 } })
})

test('what a bounty.json cannot bring along is named, with what to do', () => {
  const said = (spec: BountySpec, deadline: number) => leftBehind(spec, { deadline }, 'play').map(({ what }) => what)
  expect(said(specFixture(), NOW)).toEqual(['Held-out text', 'Verifiers'])
  const spec = specFixture({ money: 'real', materialsUrl: 'https://x.example/\u202e', verifiers: [ME, OTHER] })
  expect(said(spec, NaN)).toEqual(['Held-out text', 'Verifiers', 'Deadline', 'Money', 'Materials'])
  expect(leftBehind(spec, { deadline: NaN }, 'play').map(({ text }) => text).join(' ')).toMatch(/names 2, .* offers real money\. With a practice wallet.*https:\/\/x\.example\/,/)
})

test('places, relays and times are read strictly', () => {
  const read = (kept: object) => {
    vi.stubGlobal('sessionStorage', { getItem: () => JSON.stringify(kept) })
    return loadPlace()
  }
  expect(read({ persona: 'admin', page: 'bounty', bounty: 'x', step: -1 })).toEqual(HOME)
  const place = { persona: 'hunter', page: 'bounty', bounty: 'a'.repeat(64), step: 3 }
  expect(read(place)).toEqual(place)
  vi.unstubAllGlobals()
  expect(['wss://r.example', 'ws://127.0.0.1:1/', 'ws://r.example', 'https://r.example', 'r'].map(isRelayAddress)).toEqual([true, true, false, false, false])
  expect([leftText(100, 101), leftText(3 * 86_400 + 7200, 0), leftText(90, 0)]).toEqual(['over', '3 d 2 h', '1 min 30 s'])
  expect(verifiersText({ verifiers: [ME] }, ME).isTrusted).toBe(true)
  expect(verifiersText({ verifiers: [ME, OTHER] }, ME)).toEqual({ label: '2 verifiers, the sponsor among them', isTrusted: false })
})

test('the practice lab learns too slowly, and nothing else of its program is touched', () => {
  const usual = 'const EMBED_LR = knob(0.3, { log: [0.01, 1] })\nconst MATRIX_LR = knob(0.04, { log: [0.002, 0.4] })\n'
  expect(slowed(usual)).toBe(usual.replace('knob(0.04', 'knob(0.004'))
})
