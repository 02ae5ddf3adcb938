// Every kernel with its tensors stored as f16 against the same kernel in f32, which its own suite holds to the oracle.

import { describe, expect, it } from 'vitest'
import { HALF_FIELDS } from '../graph/passes/half'
import { opTensors, tensorsByField, type TapeOp, type TapeTensor, type TensorId } from '../graph/tape'
import { storeAsHalf } from './half'
import type { Kernel } from './kernel'
import { sortTokens } from './kernels/embedding'
import { lowerOp } from './lower'
import { describeGpu, expectClose, openDevice, runLowering, type TensorInput } from './testing/dawn'
import { drawTensor, packHalf, roundToHalf, unpackHalf } from './testing/tensors'

const NONE = { accumulate: false }
const ATTENTION = { B: 1, T: 9, H: 4, KV: 2, D: 8, window: 4, scale: 0.35, softcap: 0 }
const TOKENS = Int32Array.from([3, 0, 3, 1, 6])

/** Ops of every kind that may touch f16, and their tensors: t(size) names one, t(contents) one with given contents. */
function opsOf(t: (size: number | Int32Array | Uint32Array) => TensorId): [string, TapeOp][] {
  const order = new Uint32Array(TOKENS.length)
  const starts = new Uint32Array(8)
  sortTokens(TOKENS, 7, order, starts)
  const shape = [6, 8]
  const rows = { rows: 5, C: 12, eps: 1e-5 }
  const seq = { B: 2, T: 5, C: 4 }
  const a = ATTENTION
  const [q, kv] = [a.B * a.T * a.H * a.D, a.B * a.T * a.KV * a.D]
  const steps = [{ fn: 'mul', args: [0, 1] }, { fn: 'reluSquared', args: [-1] }, { fn: 'add', args: [-2, 0] }]
  const epilogue = { inputs: [t(36), t(12)], inputShapes: [[3, 12], [1, 12]], steps: [{ fn: 'add', args: [0, 1] }, { fn: 'mul', args: [-1, 2] }], pre: t(36) } // prettier-ignore
  const bias = { inputs: [t(8)], inputShapes: [[1, 8]], steps: [{ fn: 'add', args: [0, 1] }], pre: null }
  const matmul = (orient: 'NN' | 'NT' | 'TN', M: number, N: number, K: number): TapeOp => ({ kind: 'matmul', orient, a: t(M * K), b: t(N * K), output: t(M * N), M, N, K, ...NONE })
  return [
    ['elementwise, broadcast', { kind: 'elementwise', inputs: [t(48), t(8)], inputShapes: [shape, [1, 8]], output: t(48), shape, steps, accumulate: false }],
    ['elementwise, odd, added to', { kind: 'elementwise', inputs: [t(7)], inputShapes: [[7]], output: t(7), shape: [7], steps: [{ fn: 'tanh', args: [0] }], accumulate: true }],
    ['matmul NN', matmul('NN', 20, 24, 12)],
    ['matmul NT', matmul('NT', 70, 68, 40)],
    ['matmul TN, odd', matmul('TN', 9, 7, 5)],
    ['matmul with bias, added to', { ...matmul('NT', 5, 8, 16), epilogue: bias, accumulate: true } as TapeOp],
    ['matmul with epilogue', { ...matmul('NT', 3, 12, 8), scale: t(3), epilogue } as TapeOp],
    ['embedding', { kind: 'embedding', table: t(7 * 6), tokens: t(TOKENS), output: t(30), N: 5, V: 7, C: 6 }],
    ['embeddingGrad', { kind: 'embeddingGrad', dOut: t(40), order: t(order), starts: t(starts), output: t(56), N: 5, V: 7, C: 8, accumulate: false }],
    ['rms norm', { kind: 'norm', norm: 'rms', x: t(60), output: t(60), ...rows }],
    ['layer norm', { kind: 'norm', norm: 'layer', x: t(60), output: t(60), ...rows }],
    ['rms norm, gradient', { kind: 'normGrad', norm: 'rms', dOut: t(60), x: t(60), output: t(60), ...rows, accumulate: true }],
    ['layer norm, gradient', { kind: 'normGrad', norm: 'layer', dOut: t(60), x: t(60), output: t(60), ...rows }],
    ['rms factor', { kind: 'rmsScale', x: t(60), output: t(5), ...rows }],
    ['softmax', { kind: 'softmax', x: t(60), output: t(60), rows: 5, C: 12 }],
    ['softmax, gradient', { kind: 'softmaxGrad', dOut: t(60), y: t(60), output: t(60), rows: 5, C: 12 }],
    ['rope', { kind: 'rope', x: t(160), output: t(160), B: 2, T: 5, H: 2, D: 8, base: 100, inverse: false }],
    ['rope with QK-norm, gradient', { kind: 'rope', x: t(160), forward: t(160), output: t(160), B: 2, T: 5, H: 2, D: 8, base: 100, inverse: true, eps: 1e-5 }],
    ['attention', { kind: 'attention', q: t(q), k: t(kv), v: t(kv), output: t(q), lse: t(a.B * a.H * a.T), shape: a }],
    ['attention, gradient', { kind: 'attentionGrad', q: t(q), k: t(kv), v: t(kv), out: t(q), lse: t(a.B * a.H * a.T), dOut: t(q), dQ: t(q), dK: t(kv), dV: t(kv), shape: a }],
    ['sum', { kind: 'reduceSum', x: t(96), output: t(8), outer: 1, reduce: 12, inner: 8, scale: 0.5, accumulate: false }],
    ['transposing copy', { kind: 'copy', x: t(35), output: t(35), dims: [5, 7], inStrides: [1, 5], inOffset: 0, outStrides: [7, 1], outOffset: 0, accumulate: true }],
    ['fill', { kind: 'fill', output: t(13), value: 0.3 }],
    ['shift', { kind: 'shift', x: t(40), output: t(40), ...seq, by: 2 }],
    ['convolution', { kind: 'conv', x: t(40), w: t(12), output: t(40), ...seq, K: 3 }],
    ['convolution, input gradient', { kind: 'convInputGrad', dOut: t(40), w: t(12), output: t(40), ...seq, K: 3 }],
    ['convolution, weight gradient', { kind: 'convWeightGrad', dOut: t(40), x: t(40), output: t(12), ...seq, K: 3, accumulate: false }],
    ['dropout', { kind: 'dropout', x: t(36), output: t(36), rate: 0.4, node: 3 }],
  ]
}

function drawCases() {
  const contents: TensorInput[] = []
  const full: TapeTensor[] = []
  const cases = opsOf((what) => {
    const size = typeof what === 'number' ? what : what.length
    contents.push(typeof what === 'number' ? roundToHalf(drawTensor('normal', size, full.length)) : what)
    full.push({ shape: [size], size, role: 'activation', name: `t${full.length}` })
    return full.length - 1
  })
  return { contents, full, cases }
}

describeGpu(
  'kernels with f16 storage',
  () => {
    const { contents, full, cases } = drawCases()
    for (const [name, op] of cases)
      it(name, async () => {
        const allowed = tensorsByField(op).flatMap(([field, ids]) => (HALF_FIELDS[op.kind].includes(field) ? ids : []))
        const half = full.map((tensor, id) => (allowed.includes(id) ? { ...tensor, half: true as const } : tensor))
        const { writes, updates } = opTensors(op)
        // software adapters keep f32, so their styles never meet f16
        const caps = { ...(await openDevice()).caps, software: false }
        const run = async (tensors: TapeTensor[]) => {
          const { lowering, tensors: bound } = lowerOp(op, tensors, caps)
          if (tensors === half) expect(lowering.kernels.some((k) => k.code.startsWith('enable f16;'))).toBe(true)
          const inputs: Record<string, TensorInput> = { stepState: Uint32Array.from([1, 2, 0, 0]) }
          for (const [binding, id] of Object.entries(bound)) inputs[binding] = tensors[id].half ? packHalf(contents[id] as Float32Array) : contents[id]
          const result = await runLowering(lowering, inputs)
          return new Map(Object.entries(bound).map(([binding, id]) => [id, result[binding]]))
        }
        const expected = await run(full)
        const actual = await run(half)
        for (const id of [...writes, ...updates]) {
          const wanted = new Float32Array(expected.get(id)!)
          const given = half[id].half ? unpackHalf(actual.get(id)!, full[id].size) : new Float32Array(actual.get(id)!)
          const tolerance = half[id].half ? { atol: 1e-6, rtol: 2 ** -10 } : { atol: 1e-6, rtol: 1e-5 }
          expectClose(given, half[id].half ? roundToHalf(wanted) : wanted, { ...tolerance, seed: id, name })
        }
      })
  },
  'shader-f16',
)

describe('half storage as text', () => {
  const kernelOf = (body: string, type = 'vec4f'): Kernel => ({
    name: 'sample',
    code: `alias V = ${type};\n@group(0) @binding(0) var<storage, read> x: array<V>; // x[i] are read\n@group(0) @binding(1) var<storage, read_write> y: array<V>;\n@compute @workgroup_size(1)\nfn main() {\n${body}\n}\n`,
    bindings: [{ name: 'x', access: 'read' }, { name: 'y', access: 'read_write' }], // prettier-ignore
    workgroups: [1, 1, 1],
  })
  const bodyOf = (kernel: Kernel) => kernel.code.split('{\n')[1].split('\n}')[0]

  it('widens loads, narrows stores, and leaves other bindings and members alone', () => {
    const kernel = kernelOf('y[i] = 2.0 * x[u32(x[0].x)] + p.x;\ny[i] += x[i];')
    const both = storeAsHalf(kernel, new Set(['x', 'y']))
    expect(both.code).toContain('var<storage, read> x: array<vec4<f16>>;')
    expect(bodyOf(both)).toBe('y[i] = vec4<f16>(2.0 * vec4f(x[u32(vec4f(x[0]).x)]) + p.x);\ny[i] = vec4<f16>(vec4f(y[i]) + (vec4f(x[i])));')
    expect(bodyOf(storeAsHalf(kernel, new Set(['y'])))).toContain('x[u32(x[0].x)] + p.x')
    expect(storeAsHalf(kernel, new Set(['z']))).toBe(kernel)
  })

  it('keeps line numbers, so that a compiler still names the right line', () => {
    const kernel = kernelOf('y[0] = x[0];')
    expect(storeAsHalf(kernel, new Set(['x'])).code.split('\n')).toHaveLength(kernel.code.split('\n').length)
  })

  it('leaves a function with a parameter of the same name alone, and refuses what it cannot do', () => {
    const kernel = kernelOf('y[0] = f(x[0]);\n}\nfn f(x: V) -> V {\n  return x * x;')
    expect(storeAsHalf(kernel, new Set(['x'])).code).toContain('fn f(x: V) -> V {\n  return x * x;\n}')
    const both = new Set(['x', 'y'])
    expect(() => storeAsHalf(kernelOf('y[0][1] = 2.0;'), both)).toThrow('component')
    expect(() => storeAsHalf(kernelOf('let x = array(1.0);\ny[0] = V(x[0]);'), both)).toThrow('variable of that name')
    expect(() => storeAsHalf(kernelOf('y[0] = x[0];', 'vec4u'), both)).toThrow('"x" cannot be stored as f16')
  })
})
