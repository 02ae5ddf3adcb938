// Rows and snapshots for tests.

import type { Experiment, LabRecord, Snapshot } from './types'

/** A lab before its baseline; `change` overrides fields. */
export function labFixture(labId: string, change: Partial<LabRecord> = {}): LabRecord {
  return {
    labId,
    name: 'Test lab',
    branch: 'autoresearch/test',
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_000,
    task: {
      version: 1,
      name: 'test',
      dataset: { kind: 'grammar', seed: 1, bytes: 1000 },
      tokenizer: { kind: 'bytes' },
      metric: 'val_bpb',
      direction: 'min',
      budget: { kind: 'tokens', amount: 1000 },
      evaluation: { context: 16, tokens: 64 },
      keepRule: { kind: 'measured', repeats: 2, floorBpb: 0.001 },
      guards: { maxWallSeconds: 60, maxBytes: 1e9 },
      seed: 7,
    },
    programMd: '# Research\n',
    trainJs: 'export const batch = {}\n',
    controller: 'random',
    controllerSeed: 1,
    incumbent: null,
    sigmaBpb: null,
    nextNumber: 0,
    floorBpb: 1.25,
    phase: 'new',
    ...change,
  }
}

/** A kept attempt; `change` overrides fields. */
export function experimentFixture(labId: string, number: number, change: Partial<Experiment> = {}): Experiment {
  return {
    labId,
    number,
    status: 'keep',
    proposer: 'random',
    hypothesis: 'Wider is better.',
    description: 'width 64 → 96',
    category: 'width',
    expectedDelta: -0.01,
    expectedProbability: 0.4,
    commit: '0123456789abcdef0123456789abcdef01234567',
    parentCommit: '89abcdef0123456789abcdef0123456789abcdef',
    parentNumber: number > 0 ? number - 1 : null,
    createdAt: 1_700_000_000_000 + number,
    finishedAt: 1_700_000_001_000 + number,
    seeds: [1, 2],
    scores: [2.5, 2.25],
    valBpb: 2.375,
    hiddenBpb: 2.4,
    deltaBpb: -0.01,
    reason: 'Better than the incumbent by more than the noise.',
    gates: [{ gate: 'finite', passed: true, detail: 'all values finite' }],
    measurements: {
      steps: 10,
      tokens: 1000,
      trainMs: 100,
      compileMs: 10,
      evalMs: 20,
      stepMs: 10,
      tokensPerSecond: 10_000,
      bytesAllocated: 160 * 2 ** 20,
      paramCount: 1234,
      dispatchesPerStep: 50,
    },
    error: null,
    programHash: 'ab'.repeat(32),
    knobs: { DEPTH: 4, RULE: 'muon', TIED: true },
    ...change,
  }
}

/** The three files, told apart by `mark`. */
export function snapshotFixture(mark: string): Snapshot {
  return { 'program.md': '# Research\n', 'train.js': `export const mark = ${JSON.stringify(mark)}\n`, 'task.json': '{}\n' }
}
