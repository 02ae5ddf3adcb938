import { beforeAll, expect, test } from 'vitest'
import { Rng } from '../core/rng'
import type { ModelGraph, ParamSpec } from '../graph/ir'
import type { Tier } from '../judge/types'
import type { Tensors } from '../reference/model'
import { startTraining, trainStep } from '../reference/trainStep'
import { createBox } from './box'
import type { Box } from './contract'
import { defaultProgram, defaultProgramMd } from './defaultProgram'
import { findKnobs, setKnobs } from './knobs'
import type { KnobValue } from './knobs'

const TIERS: Tier[] = ['software', 'integrated', 'discrete']
const VOCAB = 512
const volume = (shape: number[]) => shape.reduce((n, d) => n * d, 1)

let box: Box
beforeAll(async () => {
  box = await createBox()
})
const describeWith = (values: Record<string, KnobValue>, tier: Tier = 'software') =>
  box.describe({ source: setKnobs(defaultProgram(tier), values), vocab: VOCAB, tier })

/** Multiply-adds × 2 of a training step's matrix products: 6 × weights × tokens. */
async function stepGflop(tier: Tier): Promise<number> {
  const { graph, batch } = await describeWith({}, tier)
  const weights = graph.params
    .filter(({ name }) => name.startsWith('block') || name === 'head')
    .reduce((sum, { shape }) => sum + volume(shape), 0)
  return (6 * weights * batch.rows * batch.context * batch.accumulate) / 1e9
}

test('each tier has a program of its size', async () => {
  const gflop = []
  for (const tier of TIERS) gflop.push(await stepGflop(tier))
  expect(gflop[0]).toBeLessThan(1)
  expect(gflop[1]).toBeGreaterThan(10 * gflop[0])
  expect(gflop[2]).toBeGreaterThan(5 * gflop[1])
  const [software, discrete] = [defaultProgram('software'), defaultProgram('discrete')]
  expect(software.split('\n').length).toBe(discrete.split('\n').length)
})

test('the default is the ported recipe', async () => {
  const { graph, groups, schedule, ramp, training } = await describeWith({ DEPTH: 8 })
  expect(training).toEqual({ clip: 0, ema: 0 })
  const byName = new Map(graph.params.map((param) => [param.name, param]))
  expect(byName.get('embed')).toMatchObject({ shape: [VOCAB, 64], init: { kind: 'normal', std: 1 } })
  expect(byName.get('head')).toMatchObject({ shape: [VOCAB, 64], init: { kind: 'normal', std: 0.001 } })
  expect(byName.get('block.0.query')).toMatchObject({ init: { kind: 'uniform', bound: Math.sqrt(3) / Math.sqrt(64) } })
  for (const name of ['block.0.out', 'block.0.down', 'block.1.gate']) expect(byName.get(name)!.init.kind).toBe('zeros')
  expect(byName.get('block.0.up')!.shape).toEqual([256, 64])
  expect(byName.get('block.1.gate')!.shape).toEqual([2, 32])
  expect(byName.get('resid.3')).toMatchObject({ shape: [1], init: { kind: 'constant', value: 1 } })
  expect(byName.get('x0.3')).toMatchObject({ shape: [1], init: { kind: 'constant', value: 0.1 } })
  expect([...byName.keys()].filter((name) => name.startsWith('values.'))).toEqual(
    ['values.1', 'values.3', 'values.5', 'values.7'],
  )

  const windows = graph.nodes.filter((node) => node.op === 'attention').map((node) => node.attrs.window)
  expect(windows).toEqual([64, 64, 64, 0, 64, 64, 64, 0])
  expect(graph.nodes.at(-1)).toMatchObject({ op: 'softcap', attrs: { cap: 15 } })
  expect(graph.nodes.filter((node) => node.op === 'rope').every((node) => node.attrs.base === 10000)).toBe(true)

  const widthScale = (64 / 768) ** -0.5
  const groupOf = (name: string) => groups.find((group) => group.params.includes(name))!
  const adamw = { rule: 'adamw', beta1: 0.8, beta2: 0.95, eps: 1e-10, weightDecay: 0 }
  expect(groupOf('head')).toMatchObject({ ...adamw, lr: 0.004 * widthScale })
  expect(groupOf('embed')).toMatchObject({ ...adamw, lr: 0.6 * widthScale })
  expect(groupOf('values.1')).toMatchObject({ ...adamw, lr: 0.6 * widthScale })
  expect(groupOf('resid.0')).toMatchObject({ ...adamw, lr: 0.005 })
  expect(groupOf('x0.0')).toMatchObject({ ...adamw, lr: 0.5, beta1: 0.96 })
  const blocks = graph.params.filter((param) => param.name.startsWith('block.'))
  expect(new Set(groupOf('block.0.up').params)).toEqual(new Set(blocks.map((param) => param.name)))
  expect(groupOf('block.0.up')).toMatchObject({ rule: 'muon', lr: 0.04, beta2: 0.95, weightDecay: 0.2 })

  expect(schedule.lr[0]).toBe(1)
  expect(schedule.lr[128]).toBe(1)
  expect(schedule.lr[192]).toBeCloseTo(0.5, 12)
  expect(schedule.lr[256]).toBe(0)
  expect(schedule.weightDecay[64]).toBe(0.75)
  expect(ramp.momentum[0]).toBe(0.85)
  expect(ramp.momentum[150]).toBeCloseTo(0.9, 12)
  expect(ramp.momentum.at(-1)).toBeCloseTo(0.95, 12)
  expect(ramp.momentum.length).toBe(301)
})

test('warm-up and the final fraction shape the schedule', async () => {
  const { schedule } = await describeWith({ WARMUP_RATIO: 0.25, WARMDOWN_RATIO: 0.25, FINAL_LR_FRAC: 0.1 })
  expect([0, 32, 64, 128, 192, 256].map((i) => Number(schedule.lr[i].toFixed(6)))).toEqual([0, 0.5, 1, 1, 1, 0.1])
})

test('every knob is found, and every choice and end of a range is a program that parses', async () => {
  const knobs = findKnobs(defaultProgram('software'))
  expect(knobs.length).toBe(defaultProgram('software').match(/^const \w+ = knob\(/gm)!.length)
  for (const { name, space } of knobs) {
    const values = space.kind === 'oneOf' ? space.options : [space.min, space.max]
    for (const value of values) {
      const program = await describeWith({ [name]: value })
      expect(program.graph.nodes.length).toBeGreaterThan(5)
    }
  }
})

const structural: Record<string, KnobValue>[] = [
  { ACTIVATION: 'swiglu', NORM: 'layerNorm', POSITION: 'none', QK_NORM: false, VALUE_EMBEDDINGS: false },
  { ACTIVATION: 'geglu', X0_SKIP: false, WINDOW_PATTERN: 'SL' },
  { TOKEN_MIX: 'conv', MATRIX_RULE: 'lion', QUERIES_PER_KV: 4, WINDOW_PATTERN: 'S', WIDTH: 128 },
  { TOKEN_MIX: 'shift', MATRIX_RULE: 'adamw', QUERIES_PER_KV: 2, HEAD_DIM: 128, WIDTH: 500 },
  { DEPTH: 1, WIDTH: 32, HEAD_DIM: 128, QUERIES_PER_KV: 4, ROWS: 1, CONTEXT: 32 },
  { WIDTH: 80, HEAD_DIM: 16, QUERIES_PER_KV: 2 },
]

test.each(structural)('choices combine: %j', async (values) => {
  const { graph } = await describeWith(values)
  const ops = new Set(graph.nodes.map((node) => node.op))
  if (values.NORM === 'layerNorm') expect(ops).toContain('layerNorm')
  if (values.POSITION === 'none') expect(ops).not.toContain('rope')
  if (values.TOKEN_MIX) expect(ops).toContain(values.TOKEN_MIX)
  const tables = graph.params.filter((param) => param.name.startsWith('values'))
  expect(tables.length > 0).toBe(values.VALUE_EMBEDDINGS !== false)
})

test('program.md states the rules', () => {
  expect(defaultProgramMd()).toContain('# What to research')
})

/** Parameters as the judge would draw them. */
function drawn({ params }: ModelGraph, rng: Rng): Tensors {
  const draw = ({ init }: ParamSpec) => {
    if (init.kind === 'normal') return init.std * rng.normal()
    if (init.kind === 'uniform') return init.bound * (2 * rng.uniform() - 1)
    return init.kind === 'constant' ? init.value : 0
  }
  return Object.fromEntries(
    params.map((param) => [param.name, Float64Array.from({ length: volume(param.shape) }, () => draw(param))]),
  )
}

const small = { DEPTH: 2, WIDTH: 32, HEAD_DIM: 16, ROWS: 2, CONTEXT: 32 }

test.each([
  ['the recipe', small],
  ['another', { ...small, TOKEN_MIX: 'conv', ACTIVATION: 'swiglu', QUERIES_PER_KV: 2, NORM: 'layerNorm' }],
])('%s starts at ln(vocab) and learns to count, in the float64 reference', async (_what, values) => {
  const vocab = 16
  const program = await box.describe({ source: setKnobs(defaultProgram('software'), values), vocab, tier: 'software' })
  const rng = new Rng(1)
  const state = startTraining(program, drawn(program.graph, rng))
  const losses: number[] = []
  for (let step = 0; step < 12; step++) {
    const starts = [rng.int(vocab), rng.int(vocab)]
    const ids = starts.map((start) => Int32Array.from({ length: 33 }, (_, t) => (start + 3 * t) % vocab))
    const tokens = Int32Array.from(ids.flatMap((row) => [...row.subarray(0, 32)]))
    const targets = Int32Array.from(ids.flatMap((row) => [...row.subarray(1)]))
    losses.push(trainStep(program, state, [{ tokens, targets }], { progress: step / 12 }).loss)
  }
  expect(losses[0]).toBeCloseTo(Math.log(vocab), 1)
  expect(losses.at(-1)).toBeLessThan(0.5 * losses[0])
})
