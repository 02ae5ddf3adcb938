import { expect, it } from 'vitest'
import { muonStep, polarExpress } from '../../reference/optimizers'
import type { Capabilities } from '../kernel'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, magnitude, VALUE_KINDS, type ValueKind } from '../testing/tensors'
import { muonApply, muonMomentum, type MuonStack } from './muon'
import { HYPER, HYPER_STRIDE } from './update'

const SEED = 18
const OPTIONS = { lr: 0.02, momentum: 0.9, beta2: 0.95, weightDecay: 0.2 }

function stackOf(count: number, rows: number, cols: number): MuonStack {
  return { count, rows, cols, stride: Math.ceil((rows * cols) / 64) * 64, hyperRow: 1 }
}

const STACKS = [stackOf(1, 1, 1), stackOf(3, 7, 5), stackOf(2, 5, 13), stackOf(2, 96, 24), stackOf(1, 40, 300)]

/** A matrix of the stack, without its padding. */
function matrixOf(array: ArrayLike<number>, { stride, rows, cols }: MuonStack, q: number): Float64Array {
  return Float64Array.from({ length: rows * cols }, (_, i) => array[q * stride + i])
}

function drawStack(kind: ValueKind, stack: MuonStack, seed: number): Float32Array {
  const { count, rows, cols, stride } = stack
  return drawTensor(kind, count * stride, seed).map((value, i) => (i % stride < rows * cols ? value : 0))
}

function hyperRows(clip: number): Float32Array {
  const hyper = new Float32Array(2 * HYPER_STRIDE).fill(NaN)
  const row = { ...OPTIONS, clip }
  for (const name of Object.keys(row) as (keyof typeof row)[]) hyper[HYPER_STRIDE + HYPER[name]] = row[name]
  return hyper
}

/** A whole muonStep with Polar Express on the host, in float64 from the kernel's own f32 x. */
async function check(stack: MuonStack, caps: Capabilities, kind: ValueKind, clip: number): Promise<void> {
  const { count, rows, cols, stride } = stack
  const lines = Math.max(rows, cols)
  const secondStride = lines + 3
  let m = new Float32Array(count * stride)
  let second = new Float32Array(count * secondStride)
  let params = drawStack('normal', stack, SEED)
  const states = Array.from({ length: count }, (_, q) => ({
    w: matrixOf(params, stack, q),
    m: new Float64Array(rows * cols),
    s: new Float64Array(lines),
  }))
  for (let step = 1; step <= 2; step++) {
    const grads = drawStack(kind, stack, SEED + step)
    const norm = Math.hypot(...grads)
    const shrink = clip > 0 ? Math.min(1, clip / norm) : 1
    const name = (what: string, q: number) => `${what} of matrix ${q} ${rows}x${cols} ${kind} step ${step}`
    const momentum = await runLowering(muonMomentum({ ...stack, clip: clip > 0 }, caps), {
      grads,
      m,
      hyper: hyperRows(clip),
      x: 4 * count * stride,
      ...(clip > 0 ? { gradNorm: new Float32Array([norm]) } : {}),
    })
    m = new Float32Array(momentum.m)
    const x = new Float32Array(momentum.x)
    const orthogonal = new Float32Array(count * stride)
    for (let q = 0; q < count; q++) {
      const g = matrixOf(grads, stack, q).map((value) => value * shrink)
      const { momentum: mu } = OPTIONS
      const u = g.map((value, i) => (1 - mu) * value + mu * (mu * states[q].m[i] + (1 - mu) * value))
      const divisor = Math.hypot(...u) * 1.02 + 1e-6
      const expected = u.map((value) => value / divisor)
      // x is at most 1; f32 roundings of the momentum and of the norm
      const options = { atol: 1e-7, rtol: 1e-5, seed: SEED, name: name('x', q) }
      expectClose(Float32Array.from(matrixOf(x, stack, q)), expected, options)
      orthogonal.set(polarExpress(u, rows, cols), q * stride)
      muonStep(states[q].w, g, states[q], { rows, cols, ...OPTIONS })
    }
    const applied = await runLowering(muonApply({ ...stack, secondStride }, caps), {
      x: orthogonal,
      params,
      second,
      hyper: hyperRows(clip),
    })
    params = new Float32Array(applied.params)
    second = new Float32Array(applied.second)
    for (let q = 0; q < count; q++) {
      const { w, s, m: moment } = states[q]
      const f32 = (array: ArrayLike<number>) => Float32Array.from(matrixOf(array, stack, q))
      expectClose(f32(m), moment, { atol: 1e-6 * magnitude(moment, 1e-30), rtol: 1e-5, seed: SEED, name: name('m', q) })
      const own = second.subarray(q * secondStride, q * secondStride + lines)
      expectClose(own, s, { atol: 1e-8, rtol: 1e-5, seed: SEED, name: name('second', q) })
      // an update is about lr; its factors are f32 roots and sums
      expectClose(f32(params), w, { atol: 1e-6, rtol: 1e-5, seed: SEED, name: name('params', q) })
    }
    expect(params.filter((value, i) => i % stride >= rows * cols && value !== 0)).toHaveLength(0)
  }
}

describeGpu('muon', () => {
  it('agrees with the reference in both styles, tall, wide and single', async () => {
    for (const { caps } of await bothStyles()) {
      for (const stack of STACKS) await check(stack, caps, 'normal', 0)
      await check(STACKS[3], caps, 'normal', 0.5)
    }
  })

  it('survives zero, constant, 1e4 and 1e-8 gradients', async () => {
    for (const { caps } of await bothStyles()) {
      for (const kind of VALUE_KINDS) await check(STACKS[1], caps, kind, 0)
    }
  })
})
