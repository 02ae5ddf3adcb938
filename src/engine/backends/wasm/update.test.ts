import { expect, it } from 'vitest'
import { adamwStep, lionStep, muonStep, polarExpress, sgdStep } from '../../../reference/optimizers'
import { BLOCK, HYPER, HYPER_STRIDE, RULE_CODE, SKIP_BLOCK } from '../../kernels/update'
import { assertClose } from '../../testing/close'
import { drawTensor, magnitude, VALUE_KINDS, type ValueKind } from '../../testing/values'
import { BUILDS, runBoth } from '../../testing/wasm'
import { gradNorm, muonApply, muonMomentum, updateElementwise, type MuonStack } from './update'

const SEED = 17
/** groups of the blocks, in order: every rule, a block without a group, neighbours of different groups */
const GROUPS = [0, 1, SKIP_BLOCK, 2, 2, 3, 0]
const COUNT = GROUPS.length * BLOCK
const RULES = ['adamw', 'lion', 'sgd', 'muon'] as const
const OPTIONS = {
  adamw: { lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-10, weightDecay: 0.1, momentum: 0 },
  lion: { lr: 0.003, beta1: 0.9, beta2: 0.99, eps: 0, weightDecay: 0.2, momentum: 0 },
  sgd: { lr: 0.1, beta1: 0, beta2: 0, eps: 0, weightDecay: 0.01, momentum: 0.9 },
  muon: { lr: 0.02, beta1: 0, beta2: 0.95, eps: 0, weightDecay: 0.2, momentum: 0.9 },
}
const EMA_DECAY = 0.9

function hyperAt(step: number, clip: number): Float32Array {
  const hyper = new Float32Array(RULES.length * HYPER_STRIDE)
  for (const [row, rule] of RULES.entries()) {
    const own = OPTIONS[rule]
    const bias = { bias1: 1 - own.beta1 ** step, bias2: 1 - own.beta2 ** step }
    const values = { ...own, ...bias, rule: RULE_CODE[rule], clip, emaDecay: EMA_DECAY }
    for (const name of Object.keys(HYPER) as (keyof typeof HYPER)[]) hyper[row * HYPER_STRIDE + HYPER[name]] = values[name]
  }
  return hyper
}

async function checkUpdate(kind: ValueKind, clip: number, ema: boolean, relaxed: boolean): Promise<void> {
  const start = drawTensor('normal', COUNT, SEED)
  const zeros = () => new Float32Array(COUNT)
  let arrays = { params: start, m: zeros(), v: zeros(), ema: start }
  const state = { params: Float64Array.from(start), m: new Float64Array(COUNT), v: new Float64Array(COUNT), ema: Float64Array.from(start) }
  for (let step = 1; step <= 3; step++) {
    const grads = drawTensor(kind, COUNT, SEED + step)
    const norm = Math.hypot(...grads)
    const clipped = Float64Array.from(grads, (g) => g * (clip > 0 ? Math.min(1, clip / norm) : 1))
    for (const [block, row] of GROUPS.entries()) {
      if (row === SKIP_BLOCK) continue
      const range = [block * BLOCK, (block + 1) * BLOCK] as const
      const [w, m, v, average] = [state.params, state.m, state.v, state.ema].map((array) => array.subarray(...range))
      const g = clipped.subarray(...range)
      if (RULES[row] === 'adamw') adamwStep(w, g, { m, v }, { ...OPTIONS.adamw, step })
      if (RULES[row] === 'lion') lionStep(w, g, { m }, OPTIONS.lion)
      if (RULES[row] === 'sgd') sgdStep(w, g, { m }, OPTIONS.sgd)
      average.forEach((old, i) => (average[i] = EMA_DECAY * old + (1 - EMA_DECAY) * w[i]))
    }
    const lowering = updateElementwise({ count: COUNT, clip: clip > 0, ema })
    const others = { grads, groupOf: Uint32Array.from(GROUPS), hyper: hyperAt(step, clip), gradNorm: Float32Array.of(norm) }
    const result = await runBoth(lowering, { ...arrays, ...others }, { relaxed })
    const after = (name: keyof typeof arrays) => new Float32Array(result[name])
    arrays = { params: after('params'), m: after('m'), v: after('v'), ema: after('ema') }
    for (const name of ['params', 'm', 'v', ...(ema ? (['ema'] as const) : [])] as const) {
      const options = { atol: 2e-6 * magnitude(state[name], 1e-30), rtol: 1e-5, seed: SEED }
      assertClose(arrays[name], state[name], { ...options, name: `${name} step ${step} ${kind} clip ${clip}` })
    }
  }
}

const stackOf = (count: number, rows: number, cols: number): MuonStack => ({
  count, rows, cols, stride: Math.ceil((rows * cols) / 64) * 64, hyperRow: 3,
}) // prettier-ignore

const STACKS = [stackOf(1, 1, 1), stackOf(3, 7, 5), stackOf(2, 5, 13), stackOf(2, 96, 24), stackOf(1, 40, 300)]

/** Muon around Polar Express, which is done here, in float64. */
async function checkMuon(stack: MuonStack, kind: ValueKind, clip: number, relaxed: boolean): Promise<void> {
  const { count, rows, cols, stride } = stack
  const size = rows * cols
  const lines = Math.max(rows, cols)
  const secondStride = lines + 3
  const padded = (values: ValueKind, seed: number) => drawTensor(values, count * stride, seed).map((v, i) => (i % stride < size ? v : 0))
  const matrix = (array: ArrayLike<number>, q: number) => Float64Array.from({ length: size }, (_, i) => array[q * stride + i])
  let [m, second, params] = [new Float32Array(count * stride), new Float32Array(count * secondStride), padded('normal', SEED)]
  const states = Array.from({ length: count }, (_, q) => ({ w: matrix(params, q), m: new Float64Array(size), s: new Float64Array(lines) }))
  for (let step = 1; step <= 2; step++) {
    const grads = padded(kind, SEED + step)
    const norm = Math.hypot(...grads)
    const shrink = clip > 0 ? Math.min(1, clip / norm) : 1
    const hyper = hyperAt(step, clip)
    const inputs = { grads, m, hyper, x: 4 * count * stride, gradNorm: Float32Array.of(norm) }
    const first = await runBoth(muonMomentum({ ...stack, clip: clip > 0 }), inputs, { relaxed })
    m = new Float32Array(first.m)
    const orthogonal = new Float32Array(count * stride)
    const { momentum: mu } = OPTIONS.muon
    for (let q = 0; q < count; q++) {
      const g = matrix(grads, q).map((value) => value * shrink)
      const u = g.map((value, i) => (1 - mu) * value + mu * (mu * states[q].m[i] + (1 - mu) * value))
      const divisor = Math.hypot(...u) * 1.02 + 1e-6
      const x = Float32Array.from(matrix(new Float32Array(first.x), q))
      assertClose(x, u.map((v) => v / divisor), { atol: 1e-7, rtol: 1e-5, seed: SEED, name: `x ${rows}×${cols} ${kind}` }) // prettier-ignore
      orthogonal.set(polarExpress(u, rows, cols), q * stride)
      muonStep(states[q].w, g, states[q], { rows, cols, ...OPTIONS.muon })
    }
    const applied = await runBoth(muonApply({ ...stack, secondStride }), { x: orthogonal, params, second, hyper }, { relaxed })
    params = new Float32Array(applied.params)
    second = new Float32Array(applied.second).map((v, i) => (i % secondStride < lines ? v : 0))
    for (let q = 0; q < count; q++) {
      const check = (got: ArrayLike<number>, expected: Float64Array, atol: number, name: string) =>
        assertClose(Float32Array.from(got), expected, { atol, rtol: 1e-5, seed: SEED, name: `${name} ${rows}×${cols} ${kind} step ${step}` })
      check(matrix(m, q), states[q].m, 1e-6 * magnitude(states[q].m, 1e-30), 'm')
      check(second.subarray(q * secondStride, q * secondStride + lines), states[q].s, 1e-8, 'second')
      check(matrix(params, q), states[q].w, 1e-6, 'params')
    }
    expect(params.filter((value, i) => i % stride >= size && value !== 0)).toHaveLength(0)
  }
}

for (const relaxed of BUILDS) {
  it(`one optimiser step of every rule (relaxed: ${relaxed})`, async () => {
    await checkUpdate('normal', 0, false, relaxed)
    await checkUpdate('normal', 0.5, true, relaxed)
    await checkUpdate('normal', 1e9, true, relaxed)
    for (const kind of VALUE_KINDS) await checkUpdate(kind, 0, true, relaxed)
  })

  it(`the norm of all gradients, any length (relaxed: ${relaxed})`, async () => {
    for (const count of [64, 64 * 131, 64 * 3001])
      for (const kind of ['normal', 'zeros', 'large', 'tiny'] as const) {
        const grads = drawTensor(kind, count, SEED)
        const result = await runBoth(gradNorm(count), { grads, gradNorm: 4 }, { relaxed })
        const expected = Math.sqrt(grads.reduce((sum, g) => sum + g * g, 0))
        assertClose(new Float32Array(result.gradNorm), [expected], { atol: 0, rtol: 2e-6, seed: SEED, name: `${count} ${kind}` })
      }
  })

  it(`muon, tall, wide and single (relaxed: ${relaxed})`, async () => {
    for (const stack of STACKS) await checkMuon(stack, 'normal', 0, relaxed)
    await checkMuon(STACKS[3], 'normal', 0.5, relaxed)
    for (const kind of VALUE_KINDS) await checkMuon(STACKS[1], kind, 0, relaxed)
  })
}
