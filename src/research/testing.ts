// A stand-in for the GPU in this folder's tests: scores are a hidden function of the knobs plus seeded noise.

import { Rng, hashString } from '../core/rng'
import type { TokenData, TokenSplit } from '../data/types'
import type { ProgramSpec } from '../graph/program'
import { labFixture } from '../history/fixtures'
import type { Experiment, LabRecord } from '../history/types'
import { PARTS } from '../judge/evaluate'
import type { AdapterInfo, RunEvidence, RunJob, RunResult, Trainer } from '../judge/types'
import type { Box, Knob } from '../sandbox/contract'
import { findKnobs } from '../sandbox/knobs'
import { LabError } from '../core/errors'
import type { Ways } from './context'
import { toUnit } from './controllers/space'

export type Knobs = Experiment['knobs']

export const ADAPTER: AdapterInfo = {
  backend: 'webgpu', vendor: 'test', architecture: '', description: 'scripted', tier: 'software',
  subgroups: false, f16: false, caps: {
    backend: 'webgpu', software: true, subgroups: false, subgroupMinSize: 0, f16: false, maxWorkgroupsPerDimension: 65535,
    maxWorkgroupStorageBytes: 16384, maxInvocationsPerWorkgroup: 256, maxStorageBuffers: 8, maxBindingBytes: 1e9, maxBufferBytes: 1e9,
  },
} // prettier-ignore

/** True score of a program; throws to make it fail. */
export type Landscape = (knobs: Knobs) => number

/**
 * A bowl in unit coordinates with its own centre and weights per seed, choices included; too big a model fails.
 * @param spread how far from its start each knob's best place lies, in units of its range
 */
export function landscapeOf(start: readonly Knob[], seed: number, spread = 0.15): Landscape {
  const rng = new Rng(seed, 'landscape')
  const numeric = new Map<string, { knob: Knob; best: number; weight: number }>()
  const choices = new Map<string, Map<string, number>>()
  for (const knob of start) {
    if (knob.space.kind === 'oneOf') {
      const costs = knob.space.options.map((option) => [String(option), 0.03 * Math.abs(rng.normal())] as const)
      choices.set(knob.name, new Map(costs))
    } else {
      const best = Math.min(1, Math.max(0, toUnit(knob, Number(knob.value)) + spread * rng.normal()))
      numeric.set(knob.name, { knob, best, weight: -0.4 * Math.log(1 - rng.uniform()) })
    }
  }
  return (knobs) => {
    let bpb = 2
    for (const [name, { knob, best, weight }] of numeric) {
      bpb += weight * (toUnit(knob, Number(knobs[name])) - best) ** 2
    }
    for (const [name, costs] of choices) bpb += costs.get(String(knobs[name])) ?? 0
    if (Number(knobs.DEPTH) * Number(knobs.WIDTH) ** 2 > 400_000) {
      throw new LabError('gpu.oom', 'Too big for this GPU.', { hint: 'Make it smaller.' })
    }
    return bpb
  }
}

/** A program whose graph carries its knobs, so that the scripted trainer can read them back. */
export function scriptedBox(): Box {
  return {
    async describe({ source }) {
      const knobs = findKnobs(source)
      if (source.includes('BROKEN')) throw new LabError('program.syntax', 'line 1: broken', { hint: 'Mend it.' })
      const attrs = Object.fromEntries(knobs.map((knob) => [knob.name, String(knob.value)]))
      return {
        version: 1,
        batch: { rows: 1, context: 1, accumulate: 1 },
        training: { clip: 0, ema: 0 },
        graph: { params: [], nodes: [{ op: 'tokens', inputs: [], attrs }], output: 0 },
        groups: [],
        schedule: { lr: [1], weightDecay: [1] },
        ramp: { momentum: [] },
      } satisfies ProgramSpec
    },
    close() {},
  }
}

export interface ScriptedTrainer extends Trainer {
  jobs: RunJob[]
  opened: number
  /** called before each run: may wait, or return a result of its own */
  before?: (job: RunJob) => Promise<RunResult | void> | RunResult | void
}

/** Scores programs by a landscape; noise depends on seed and program alone, so a repeat repeats. */
export function scriptedTrainer(landscape: Landscape, sigma: number): ScriptedTrainer {
  const trainer: ScriptedTrainer = {
    jobs: [],
    opened: 0,
    async open() {
      trainer.opened++
      return ADAPTER
    },
    async setData() {},
    async run(job, onEvent) {
      trainer.jobs.push(job)
      onEvent({ kind: 'phase', runId: job.runId, phase: 'training' })
      const own = await trainer.before?.(job)
      if (own) return own
      const knobs = job.program.graph.nodes[0].attrs as Knobs
      const noise = new Rng(hashString(JSON.stringify(knobs)), String(job.seed)).normal() * sigma
      try {
        return success(job, landscape(knobs) + noise)
      } catch (thrown) {
        return failed(job, 'crash', LabError.from(thrown))
      }
    },
    async sample() {
      return []
    },
    async profile(program) {
      return {
        clock: 'timestamps', peaks: null, dispatches: program.graph.nodes.length, params: 1, tokensPerStep: 1, stepMs: 1, kernelsMs: 1,
        hostUsPerDispatch: 0.1, rows: [],
      }
    },
    terminate() {},
  }
  return trainer
}

const HASH = 'ab'.repeat(32)

/** As a trainer would state it. */
function evidence({ budget, seed }: RunJob): RunEvidence {
  const { backend, vendor, architecture, description, tier } = ADAPTER
  return {
    app: HASH,
    program: HASH,
    data: { train: HASH, val: HASH, hidden: HASH, tokenizer: HASH },
    adapter: { backend, vendor, architecture, description, tier, threads: null, replicas: null, tuning: null, half: false, arithmetic: 'ab'.repeat(8) },
    steps: 2,
    tokens: 8,
    began: budget.kind === 'seconds' ? [1, 2] : null,
    losses: seed.toString(16).padStart(64, '0'),
  }
}

/** @param gap of the hidden split, whose every part is as much harder */
export function success(job: RunJob, valBpb: number, gap = 0.01): RunResult {
  return {
    ok: true,
    runId: job.runId,
    seed: job.seed,
    valBpb,
    hiddenBpb: job.scoreHidden ? valBpb + gap : null,
    parts: job.scoreHidden ? { val: Array(PARTS).fill(valBpb), hidden: Array(PARTS).fill(valBpb + gap) } : null,
    gates: [{ gate: 'finite', passed: true, detail: '' }],
    measurements: {
      steps: 2, tokens: 8, trainMs: 1, compileMs: 1, evalMs: 1, stepMs: 1, tokensPerSecond: 8, bytesAllocated: 1024,
      paramCount: 3, dispatchesPerStep: 4, curve: Float32Array.of(0, 5, 1, 4),
    },
    evidence: evidence(job),
    weights: job.returnWeights ? Float32Array.of(1, 2, 3) : null,
  } // prettier-ignore
}

export function failed(job: RunJob, status: 'crash' | 'device_lost' | 'timeout', error: LabError): RunResult {
  return { ok: false, runId: job.runId, seed: job.seed, status, error: error.toJSON(), measurements: null, evidence: evidence(job) }
}

const split = (): TokenSplit => ({
  tokens: new Uint16Array(4),
  offsets: Uint32Array.of(0, 4),
  byteCount: 4,
  sha256: HASH,
})

export async function scriptedData(): Promise<TokenData> {
  return { vocab: 260, bos: 256, tokenBytes: new Uint16Array(260), tokenizer: HASH, train: split(), val: split(), hidden: split() }
}

/** A small program with knobs of every kind. */
export const PROGRAM = `const DEPTH = knob(3, { int: [1, 12] })
const WIDTH = knob(64, { int: [32, 768] })
const ROWS = knob(4, { pow2: [1, 64] })
const MATRIX_LR = knob(0.04, { log: [0.002, 0.4] })
const WEIGHT_DECAY = knob(0.2, { linear: [0, 0.6] })
const ACTIVATION = knob('reluSquared', { oneOf: ['reluSquared', 'gelu', 'silu'] })
const QK_NORM = knob(true, { oneOf: [true, false] })
`

export function scriptedLab(change: Partial<LabRecord> = {}): LabRecord {
  const lab = labFixture('lab-1')
  return {
    ...lab,
    task: { ...lab.task, keepRule: { kind: 'measured', repeats: 3, floorBpb: 0 }, seed: 42 },
    trainJs: PROGRAM,
    controller: 'evolution',
    guide: 'off',
    controllerSeed: 5,
    floorBpb: null,
    maxExperiments: 6,
    ...change,
  }
}

/** What the loop would add to the record for a first proposal: no orders, nothing remembered, every program fits. */
export const WAYS: Ways = {
  guidance: { mode: 'explore', reason: '', orders: [] },
  recall: { lessons: '', notes: [] },
  base: 0,
  signal: new AbortController().signal,
  check: async () => ({ paramCount: 1, predictedBytes: 1, allowedBytes: 2 }),
}
