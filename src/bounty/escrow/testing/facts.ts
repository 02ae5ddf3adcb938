// What the world is made of: a bounty, invoices, and a judge whose measure is written in the program.

import type { Rng } from '../../../core/rng'
import type { Invoice } from '../../../wallet/types'
import type { BountySpec, Score } from '../../types'

const BASELINE_BPB = 2

/** How a party cheats. */
export type Vice =
  | 'honest'
  /** sponsor; saysBack: of money that is locked, that it came back */
  | 'neverLocks' | 'locksLess' | 'locksShort' | 'saysBack'
  /** hunter */
  | 'copies' | 'alters' | 'cancelsOne' | 'settlesLate' | 'overfits' | 'withdraws' | 'takesBack' | 'swaps'
  /** verifier */
  | 'withholds' | 'lies' | 'leaks' | 'garbles' // prettier-ignore

export const hexKey = (n: number) => n.toString(16).padStart(64, '0')

export function specOf(change: Partial<BountySpec> = {}): BountySpec {
  return {
    version: 1, title: 'A better program', description: '', task: TASK, targetFiles: ['train.js'],
    baseline: { trainJs: 'baseline', sha256: hexKey(0), valBpb: BASELINE_BPB }, targetImprovementBpb: 0.1, poolSat: 1000, slices: 5,
    nowShare: 0.8, stabilityDelaySeconds: 6000, deadline: 100_000, lock: { minCltv: 60, maxCltv: 200 }, escrow: 'sliced', money: 'play', accessFeeSat: 0,
    materialsUrl: null, rules: { maxDiffBytes: 1e4, maxDiffLines: 100, forbidden: ['CANARY'], maxSubmissionsPerKey: 3, maxSimilarity: 0.95 },
    verifiers: [hexKey(2)], coordinatorFeePercent: 0, heldOut: [{ sha256: hexKey(0), bytes: 1 }], seeds: 1, toleranceBpb: 0.001, ...change,
  } // prettier-ignore
}

const TASK: BountySpec['task'] = {
  version: 1, name: 'x', dataset: { kind: 'grammar', seed: 1, bytes: 1000 }, tokenizer: { kind: 'bytes' }, metric: 'val_bpb', direction: 'min',
  budget: { kind: 'tokens', amount: 1000 }, evaluation: { context: 8, tokens: 8 }, keepRule: { kind: 'plain', repeats: 1, floorBpb: 0 },
  guards: { maxWallSeconds: 1, maxBytes: 1 },
} // prettier-ignore

export function decode(bolt11: string): Invoice | null {
  const [tag, paymentHash, amount, cltv, expires] = bolt11.split(':')
  if (tag !== 'inv') return null
  return { bolt11, paymentHash, amountMsat: Number(amount), memo: '', createdAt: 0, expiresAt: Number(expires), minFinalCltv: Number(cltv) }
}

/** "gain 0.06" scores 0.06 below the baseline; an overfit one gains nothing on text that nobody has seen. */
export function measured(trainJs: string, isLie: boolean, rng: Rng): { score: Score; gates: []; reason: string } {
  const gain = isLie ? 1 : trainJs.startsWith('gain ') ? Number(trainJs.slice(5)) : 0
  const heldOutBpb = BASELINE_BPB - gain + 1e-5 * rng.normal()
  return { score: { heldOutBpb, publicBpb: null, scores: [heldOutBpb], seeds: 1, heldOutSet: 0, adapter: 'test', appVersion: 'test' }, gates: [], reason: '' }
}
