// A bounty that is in order, for this layer's tests.

import { bytesToHex } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { BountySpec } from '../types'

const BASELINE = 'const LR = knob(0.04, { log: [0.002, 0.4] })\n'

export function specFixture(change: Partial<BountySpec> = {}): BountySpec {
  return {
    version: 1,
    title: 'A better tiny model',
    description: 'Anything within train.js.',
    task: {
      version: 1, name: 'Built-in stories', dataset: { kind: 'grammar', seed: 1, bytes: 200_000 }, tokenizer: { kind: 'bytes' }, metric: 'val_bpb',
      direction: 'min', budget: { kind: 'tokens', amount: 10_000 }, evaluation: { context: 128, tokens: 4096 },
      keepRule: { kind: 'measured', repeats: 3, floorBpb: 0.001 }, guards: { maxWallSeconds: 600, maxBytes: 2 ** 30 },
    },
    targetFiles: ['train.js'],
    baseline: { trainJs: BASELINE, sha256: bytesToHex(sha256(new TextEncoder().encode(BASELINE))), valBpb: 2.5 },
    targetImprovementBpb: 0.1,
    poolSat: 1000,
    slices: 10,
    nowShare: 0.8,
    stabilityDelaySeconds: 3600,
    deadline: 2_000_000_000,
    lock: { minCltv: 144, maxCltv: 432 },
    escrow: 'sliced',
    money: 'play',
    accessFeeSat: 0,
    materialsUrl: null,
    rules: { maxDiffBytes: 20_000, maxDiffLines: 400, forbidden: [], maxSubmissionsPerKey: 3, maxSimilarity: 0.95 },
    verifiers: ['ab'.repeat(32)],
    coordinatorFeePercent: 0,
    heldOut: [{ sha256: 'cd'.repeat(32), bytes: 20_000 }],
    seeds: 1,
    toleranceBpb: 0.005,
    ...change,
  } // prettier-ignore
}
