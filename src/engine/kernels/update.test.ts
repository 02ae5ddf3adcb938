import { it } from 'vitest'
import { adamwStep, lionStep, sgdStep } from '../../reference/optimizers'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, magnitude, VALUE_KINDS, type ValueKind } from '../testing/tensors'
import { BLOCK, gradNorm, HYPER, HYPER_STRIDE, RULE_CODE, SKIP_BLOCK, updateElementwise } from './update'

const SEED = 17
/** groups of the blocks, in order: every rule, a block without a group, neighbours of different groups */
const GROUPS = [0, 1, SKIP_BLOCK, 2, 2, 3, 0]
const COUNT = GROUPS.length * BLOCK
const STEPS = 3
const RULE_OPTIONS = {
  adamw: { lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-10, weightDecay: 0.1, momentum: 0 },
  lion: { lr: 0.003, beta1: 0.9, beta2: 0.99, eps: 0, weightDecay: 0.2, momentum: 0 },
  sgd: { lr: 0.1, beta1: 0, beta2: 0, eps: 0, weightDecay: 0.01, momentum: 0.9 },
  muon: { lr: 0.04, beta1: 0, beta2: 0.95, eps: 0, weightDecay: 0.2, momentum: 0.9 },
}
const RULES_IN_ORDER = ['adamw', 'lion', 'sgd', 'muon'] as const

function hyperAt(step: number, clip: number, emaDecay: number): Float32Array {
  const hyper = new Float32Array(4 * HYPER_STRIDE)
  RULES_IN_ORDER.forEach((rule, row) => {
    const options = RULE_OPTIONS[rule]
    const values = {
      ...options,
      rule: RULE_CODE[rule],
      bias1: 1 - options.beta1 ** step,
      bias2: 1 - options.beta2 ** step,
      clip,
      emaDecay,
    }
    for (const name of Object.keys(HYPER) as (keyof typeof HYPER)[]) {
      hyper[row * HYPER_STRIDE + HYPER[name]] = values[name]
    }
  })
  return hyper
}

/** One step of the oracle over the blocks; `grads` already clipped. */
function truth(
  state: Record<'params' | 'm' | 'v' | 'ema', Float64Array>,
  grads: Float64Array,
  step: number,
  emaDecay: number,
) {
  GROUPS.forEach((row, block) => {
    if (row === SKIP_BLOCK) return
    const range = [block * BLOCK, (block + 1) * BLOCK] as const
    const [w, m, v] = [state.params, state.m, state.v].map((array) => array.subarray(...range))
    const g = grads.subarray(...range)
    const rule = RULES_IN_ORDER[row]
    const options = { ...RULE_OPTIONS[rule], step }
    if (rule === 'adamw') adamwStep(w, g, { m, v }, options)
    if (rule === 'lion') lionStep(w, g, { m }, options)
    if (rule === 'sgd') sgdStep(w, g, { m }, options)
    for (let i = range[0]; i < range[1]; i++) {
      state.ema[i] = emaDecay * state.ema[i] + (1 - emaDecay) * state.params[i]
    }
  })
}

/**
 * A dozen f32 roundings a step: 1e-5 of the value. Absolutely, where w and its step cancel, 2e-6 of the step's
 * terms; hyper-parameters are f32 too (1−β errs by 1e-7/(1−β)).
 */
async function check(kind: ValueKind, clip: number, ema: boolean, software: boolean): Promise<void> {
  const { caps } = (await bothStyles())[software ? 0 : 1]
  const arrays = {
    params: drawTensor('normal', COUNT, SEED),
    m: new Float32Array(COUNT),
    v: new Float32Array(COUNT),
    ema: drawTensor('normal', COUNT, SEED),
  }
  const state = {
    params: Float64Array.from(arrays.params),
    m: new Float64Array(COUNT),
    v: new Float64Array(COUNT),
    ema: Float64Array.from(arrays.ema),
  }
  const emaDecay = 0.9
  const lowering = updateElementwise({ count: COUNT, clip: clip > 0, ema }, caps)
  for (let step = 1; step <= STEPS; step++) {
    const grads = drawTensor(kind, COUNT, SEED + step)
    const norm = Math.hypot(...grads)
    const shrink = clip > 0 ? Math.min(1, clip / norm) : 1
    truth(state, Float64Array.from(grads, (g) => g * shrink), step, emaDecay)
    const { ema: average, ...others } = arrays
    const result = await runLowering(lowering, {
      ...others,
      ...(ema ? { ema: average } : {}),
      ...(clip > 0 ? { gradNorm: new Float32Array([norm]) } : {}),
      grads,
      groupOf: Uint32Array.from(GROUPS),
      hyper: hyperAt(step, clip, emaDecay),
    })
    for (const name of ['params', 'm', 'v', 'ema'] as const) {
      if (name === 'ema' && !ema) continue
      arrays[name] = new Float32Array(result[name])
      const scale = Math.max(1e-30, name === 'v' ? magnitude(state.v) : magnitude(state[name]))
      expectClose(arrays[name], state[name], {
        atol: 2e-6 * scale,
        rtol: 1e-5,
        seed: SEED,
        name: `${name} after step ${step}, gradients ${kind}, clip ${clip}`,
      })
    }
  }
}

describeGpu('optimiser step', () => {
  it('agrees with the reference for every rule, in both styles', async () => {
    for (const software of [true, false]) {
      await check('normal', 0, false, software)
      await check('normal', 0.5, true, software)
      await check('normal', 1e9, true, software)
    }
  })

  it('survives zero, constant, 1e4 and 1e-8 gradients', async () => {
    for (const software of [true, false]) {
      for (const kind of VALUE_KINDS) await check(kind, 0, true, software)
    }
  })
})

describeGpu('gradNorm', () => {
  it('agrees with float64 in both styles, any length', async () => {
    for (const { caps } of await bothStyles()) {
      for (const count of [4, 64, 64 * 131, 64 * 3001]) {
        for (const kind of ['normal', 'zeros', 'large', 'tiny'] as const) {
          const grads = drawTensor(kind, count, SEED)
          const result = await runLowering(gradNorm({ count }, caps), { grads, gradNorm: 4 })
          const expected = Math.sqrt(grads.reduce((sum, g) => sum + g * g, 0))
          // runs of 32, stretches and a tree: a few dozen roundings at most
          const options = { atol: 0, rtol: 2e-6, seed: SEED, name: `norm of ${count} ${kind}` }
          expectClose(new Float32Array(result.gradNorm), [expected], options)
        }
      }
    }
  })
})
