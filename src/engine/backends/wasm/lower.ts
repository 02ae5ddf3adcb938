// Tape op → calls of kernels, with each binding's tensor. The ops are those of src/engine/lower.ts.

import { LabError } from '../../../core/errors'
import type { AttentionShape, TapeOp, TapeTensor, TensorId } from '../../../graph/tape'
import { call, NONE, SCRATCH, type WasmCall, type WasmLowering } from './call'
import { elementwise } from './elementwise'
import { matmul } from './matmul'

export interface BoundWasmLowering extends WasmLowering {
  /** binding name → tensor; temporaries, constants and `stepState` are bound by the planner */
  tensors: Record<string, TensorId>
}

const FLAT = 1024

/**
 * The calls of one op.
 * @throws LabError "program.graph" for a shape that the kernels do not have
 */
export function lowerOp(op: TapeOp, tensors: readonly TapeTensor[]): BoundWasmLowering {
  const single = (one: WasmCall, names: Record<string, TensorId>): BoundWasmLowering => ({ calls: [one], tensors: names })
  switch (op.kind) {
    case 'elementwise': {
      const names: Record<string, TensorId> = { y: op.output }
      for (const [i, id] of op.inputs.entries()) names[`x${i}`] = id
      return { ...elementwise(op), tensors: names }
    }
    case 'matmul':
      return lowerMatmul(op)
    case 'embedding':
      return single(call('embedding', op.N, ['table', 'tokens', 'y'], [op.C]), { table: op.table, tokens: op.tokens, y: op.output })
    case 'embeddingGrad':
      return single(call('embeddingGrad', op.V, ['dOut', 'order', 'starts', 'dTable'], [op.C, flag(op.accumulate)]), {
        dOut: op.dOut, order: op.order, starts: op.starts, dTable: op.output,
      }) // prettier-ignore
    case 'norm': {
      const fn = op.norm === 'rms' ? 'rmsNorm' : 'layerNorm'
      return single(call(fn, op.rows, ['x', 'y'], [op.C], [op.eps]), { x: op.x, y: op.output })
    }
    case 'rmsScale':
      return single(call('rmsScale', op.rows, ['x', 'rstd'], [op.C], [op.eps]), { x: op.x, rstd: op.output })
    case 'normGrad': {
      const names: Record<string, TensorId> = { dOut: op.dOut, x: op.x, dX: op.output }
      const ints = [op.C, flag(op.accumulate)]
      if (op.norm === 'layer') {
        const one = call('layerNormGrad', op.rows, ['dOut', 'x', 'dX', SCRATCH], ints, [op.eps], { scratchBytes: 4 * op.C })
        return single(one, names)
      }
      if (op.rstd !== undefined) names.rstds = op.rstd
      const rstds = op.rstd === undefined ? NONE : 'rstds'
      return single(call('rmsNormGrad', op.rows, ['dOut', 'x', rstds, 'dX'], ints, [op.eps]), names)
    }
    case 'softmax':
      return single(call('softmax', op.rows, ['x', 'y'], [op.C]), { x: op.x, y: op.output })
    case 'softmaxGrad':
      return single(call('softmaxGrad', op.rows, ['dOut', 'y', 'dX'], [op.C]), { dOut: op.dOut, y: op.y, dX: op.output })
    case 'rope':
      return lowerRope(op)
    case 'attention': {
      const { q, k, v, output, lse, shape } = op
      return { calls: [attentionForward(shape)], tensors: { q, k, v, out: output, lse } }
    }
    case 'attentionGrad': {
      const { q, k, v, out, lse, dOut, dQ, dK, dV, shape } = op
      return { calls: attentionBackward(shape), tensors: { q, k, v, out, lse, dOut, dQ, dK, dV } }
    }
    case 'reduceSum': {
      const { outer, reduce, inner, scale } = op
      const add = flag(op.accumulate)
      const one =
        inner === 1
          ? call('reduceRows', outer, ['x', 'y'], [reduce, add], [scale])
          : call('reduceColumns', outer * Math.ceil(inner / 8), ['x', 'y'], [reduce, inner, add], [scale])
      return single(one, { x: op.x, y: op.output })
    }
    case 'copy':
      return { ...copyStrided(op), tensors: { x: op.x, y: op.output } }
    case 'fill': {
      const count = tensors[op.output].size
      return single(call('fill', Math.ceil(count / FLAT), ['y'], [count], [op.value]), { y: op.output })
    }
    case 'shift':
      return single(call('shift', op.B * op.T, ['x', 'y'], [op.T, op.C, op.by]), { x: op.x, y: op.output })
    case 'conv':
      return single(conv(op, 'x', 'y', false), { x: op.x, w: op.w, y: op.output })
    case 'convInputGrad':
      return single(conv(op, 'dOut', 'dX', true), { dOut: op.dOut, w: op.w, dX: op.output })
    case 'convWeightGrad': {
      const { B, T, C, K } = op
      const cost = { scratchBytes: 16, flops: 2 * B * T * C * K }
      const ints = [B * T, T, C, K, flag(op.accumulate)]
      const one = call('convWeightGrad', Math.ceil(C / 4), ['dOut', 'x', 'dW', SCRATCH], ints, [], cost)
      return single(one, { dOut: op.dOut, x: op.x, dW: op.output })
    }
    case 'dropout': {
      const count = tensors[op.x].size
      const ints = [count, op.node, Math.floor(op.rate * 2 ** 32)]
      const one = call('dropout', Math.ceil(count / FLAT), ['x', 'stepState', 'y'], ints, [1 / (1 - op.rate)])
      return single(one, { x: op.x, y: op.output })
    }
    case 'crossEntropy': {
      const { N, V, scale, softcap } = op
      const scratchBytes = 2 * 16 * Math.ceil(V / 4)
      const pointers = ['logits', 'targets', 'nats', SCRATCH]
      const one = call('crossEntropy', N, pointers, [V, flag(op.gradient)], [scale, softcap], { scratchBytes })
      return single(one, { logits: op.logits, targets: op.targets, nats: op.nats })
    }
    case 'custom':
    case 'customGrad':
      throw new LabError('program.graph', `The kernel "${op.kernel.name}" is WGSL, and the program runs on the processor.`, {
        hint: 'Custom kernels need a GPU: let the lab train on WebGPU, or write the kernel with ops of g.',
      })
  }
}

function flag(value: boolean | undefined): number {
  return value ? 1 : 0
}

function lowerMatmul(op: Extract<TapeOp, { kind: 'matmul' }>): BoundWasmLowering {
  const { orient, M, N, K, accumulate, epilogue } = op
  const tensors: Record<string, TensorId> = { a: op.a, b: op.b, c: op.output }
  if (op.scale !== undefined) tensors.scale = op.scale
  for (const [i, id] of (epilogue?.inputs ?? []).entries()) tensors[`e${i}`] = id
  const pre = epilogue?.pre ?? null
  if (pre !== null) tensors.pre = pre
  const shape = { orient, M, N, K, accumulate, scale: op.scale !== undefined }
  return { ...matmul(epilogue ? { ...shape, epilogue: { ...epilogue, pre: pre !== null } } : shape), tensors }
}

const turnTables = new Map<string, Float32Array>()

/** Cosines, then sines, of every position: float64 angles, rounded once. */
function turns(T: number, D: number, base: number): Float32Array {
  const key = [T, D, base].join()
  const known = turnTables.get(key)
  if (known) return known
  const table = new Float32Array(T * D)
  for (let t = 0; t < T; t++) {
    for (let i = 0; i < D / 2; i++) {
      const angle = t * base ** ((-2 * i) / D)
      table[t * D + i] = Math.cos(angle)
      table[t * D + D / 2 + i] = Math.sin(angle)
    }
  }
  turnTables.set(key, table)
  return table
}

function lowerRope(op: Extract<TapeOp, { kind: 'rope' }>): BoundWasmLowering {
  const { B, T, H, D, base, inverse, eps } = op
  if (D % 2 !== 0) throw new LabError('program.graph', `rope: head size ${D} is odd`, { hint: 'Use an even head size.' })
  const mode = op.forward !== undefined ? 2 : eps !== undefined ? 1 : 0
  const tensors: Record<string, TensorId> = { x: op.x, y: op.output }
  if (op.forward !== undefined) tensors.forward = op.forward
  const pointers = ['x', 'y', mode === 2 ? 'forward' : NONE, 'turns']
  const one = call('rope', B * T, pointers, [T, H, D, mode], [inverse ? -1 : 1, eps ?? 0])
  return { calls: [one], constants: { turns: turns(T, D, base) }, tensors }
}

/** Bytes of `count` columns of `length` as panels of eight. */
const panels = (length: number, count: number) => 32 * length * Math.ceil(count / 8)

function attentionCall(fn: 'attention' | 'attentionGradQ' | 'attentionGradKV', pointers: string[], shape: AttentionShape, products: number) {
  const { B, T, H, KV, D, window, scale, softcap } = shape
  const heads = fn === 'attentionGradKV' ? KV : H
  const row = 32 * Math.ceil(T / 8)
  const scratchBytes = {
    attention: 4 * row + panels(D, T) + panels(T, D),
    attentionGradQ: 8 * row + 2 * panels(D, T) + panels(T, D),
    attentionGradKV: 9 * row + 2 * panels(D, T) + 2 * panels(T, D),
  }[fn]
  const full = window > 0 ? Math.min(window + 1, T) : T
  const scores = B * H * ((full * (full + 1)) / 2 + (T - full) * full)
  const cost = { scratchBytes: 128 + scratchBytes, flops: 2 * products * D * scores }
  return call(fn, B * heads * Math.ceil(T / 4), [...pointers, SCRATCH], [T, H, KV, D, window], [scale, softcap], cost)
}

/** out and lse; bindings as in src/engine/kernels/attention.ts. */
export function attentionForward(shape: AttentionShape): WasmCall {
  if (shape.KV < 1 || shape.H % shape.KV !== 0) {
    throw new LabError('program.graph', `attention: ${shape.KV} key/value heads do not divide ${shape.H} heads`, {
      hint: 'Make the number of heads a multiple of the number of key/value heads.',
    })
  }
  return attentionCall('attention', ['q', 'k', 'v', 'out', 'lse'], shape, 2)
}

/** dQ, then dK and dV; neither needs the other. */
export function attentionBackward(shape: AttentionShape): WasmCall[] {
  const inputs = ['q', 'k', 'v', 'out', 'lse', 'dOut']
  return [
    attentionCall('attentionGradQ', [...inputs, 'dQ'], shape, 3),
    attentionCall('attentionGradKV', [...inputs, 'dK', 'dV'], shape, 4),
  ]
}

/** A strided copy: all dims but the innermost are units. */
export function copyStrided(op: Omit<Extract<TapeOp, { kind: 'copy' }>, 'kind' | 'x' | 'output'>): WasmLowering {
  const inner = op.dims.length - 1
  const words = [Math.max(0, inner)]
  for (let d = 0; d < inner; d++) words.push(op.dims[d], op.inStrides[d], op.outStrides[d])
  words.push(...(inner < 0 ? [1, 1, 1] : [op.dims[inner], op.inStrides[inner], op.outStrides[inner]]))
  const units = op.dims.slice(0, Math.max(0, inner)).reduce((n, d) => n * d, 1)
  return {
    calls: [call('copy', units, ['view', 'x', 'y'], [op.inOffset, op.outOffset, flag(op.accumulate)])],
    constants: { view: Int32Array.from(words) },
  }
}

function conv({ B, T, C, K }: { B: number; T: number; C: number; K: number }, x: string, y: string, ahead: boolean): WasmCall {
  return call('conv', B * T, [x, 'w', y], [T, C, K, flag(ahead)], [], { flops: 2 * B * T * C * K })
}
