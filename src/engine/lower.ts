// Tape op → kernels, with each binding's tensor. The only place that knows both vocabularies.

import type { TapeOp, TapeTensor, TensorId } from '../graph/tape'
import { lowering as wasmLowering } from './backends/wasm/call'
import { lowerOp as lowerWasmOp } from './backends/wasm/lower'
import { storeAsHalf } from './half'
import type { Capabilities, Lowering } from './kernel'
import { attentionBackward, attentionForward } from './kernels/attention'
import { crossEntropy } from './kernels/crossEntropy'
import { customBackward, customForward } from './kernels/custom'
import { dropout } from './kernels/dropout'
import { elementwise } from './kernels/elementwise'
import { embeddingBackward, embeddingForward } from './kernels/embedding'
import { copyStrided, fill } from './kernels/layout'
import { matmul } from './kernels/matmul'
import { layerNormBackward, layerNormForward, rmsNormBackward, rmsNormForward, rmsNormScale } from './kernels/norm'
import { reduceSum } from './kernels/reduce'
import { rope } from './kernels/rope'
import { convForward, convInputGrad, convWeightGrad, shift } from './kernels/sequence'
import { softmaxBackward, softmaxForward } from './kernels/softmax'

/** A lowering whose bindings name tensors; `stepState`, scratch and constants are bound by the planner. */
export interface BoundLowering {
  lowering: Lowering
  tensors: Record<string, TensorId>
}

/** Chooses the kernels of one op for this adapter; tensors stored as f16 are widened as they are read. */
export function lowerOp(op: TapeOp, tensors: readonly TapeTensor[], caps: Capabilities): BoundLowering {
  if (caps.backend === 'wasm') {
    const { tensors: bound, ...calls } = lowerWasmOp(op, tensors)
    return { lowering: wasmLowering(calls), tensors: bound }
  }
  const full = kernelsOf(op, tensors, caps)
  const half = new Set(Object.keys(full.tensors).filter((name) => tensors[full.tensors[name]].half))
  if (half.size === 0) return full
  const kernels = full.lowering.kernels.map((kernel) => storeAsHalf(kernel, half))
  return { ...full, lowering: { ...full.lowering, kernels } }
}

function kernelsOf(op: TapeOp, tensors: readonly TapeTensor[], caps: Capabilities): BoundLowering {
  const bound = (lowering: Lowering, names: Record<string, TensorId>): BoundLowering => ({ lowering, tensors: names })
  switch (op.kind) {
    case 'elementwise': {
      const names: Record<string, TensorId> = { y: op.output }
      for (const [i, id] of op.inputs.entries()) names[`x${i}`] = id
      return bound(elementwise(op, caps), names)
    }
    case 'matmul':
      return lowerMatmul(op, caps)
    case 'embedding':
      return bound(embeddingForward(op, caps), { table: op.table, tokens: op.tokens, y: op.output })
    case 'embeddingGrad':
      return bound(embeddingBackward(op, caps), { dOut: op.dOut, order: op.order, starts: op.starts, dTable: op.output })
    case 'norm':
      return bound((op.norm === 'rms' ? rmsNormForward : layerNormForward)(op, caps), { x: op.x, y: op.output })
    case 'normGrad': {
      const names: Record<string, TensorId> = { dOut: op.dOut, x: op.x, dX: op.output }
      if (op.rstd !== undefined) names.rstds = op.rstd
      const shape = { rows: op.rows, C: op.C, eps: op.eps, accumulate: op.accumulate, rstd: op.rstd !== undefined }
      return bound((op.norm === 'rms' ? rmsNormBackward : layerNormBackward)(shape, caps), names)
    }
    case 'rmsScale':
      return bound(rmsNormScale(op, caps), { x: op.x, rstd: op.output })
    case 'softmax':
      return bound(softmaxForward(op, caps), { x: op.x, y: op.output })
    case 'softmaxGrad':
      return bound(softmaxBackward(op, caps), { dOut: op.dOut, y: op.y, dX: op.output })
    case 'rope': {
      const names: Record<string, TensorId> = { x: op.x, y: op.output }
      if (op.forward !== undefined) names.forward = op.forward
      return bound(rope({ ...op, grad: op.forward !== undefined }, caps), names)
    }
    case 'attention':
      return bound(attentionForward(op.shape, caps), { q: op.q, k: op.k, v: op.v, out: op.output, lse: op.lse })
    case 'attentionGrad': {
      const { q, k, v, out, lse, dOut, dQ, dK, dV } = op
      return bound(attentionBackward(op.shape, caps), { q, k, v, out, lse, dOut, dQ, dK, dV })
    }
    case 'reduceSum':
      return bound(reduceSum(op, caps), { x: op.x, y: op.output })
    case 'copy':
      return bound(copyStrided(op, caps), { x: op.x, y: op.output })
    case 'fill':
      return bound(fill({ count: tensors[op.output].size, value: op.value }, caps), { y: op.output })
    case 'shift':
      return bound(shift(op, caps), { x: op.x, y: op.output })
    case 'conv':
      return bound(convForward(op, caps), { x: op.x, w: op.w, y: op.output })
    case 'convInputGrad':
      return bound(convInputGrad(op, caps), { dOut: op.dOut, w: op.w, dX: op.output })
    case 'convWeightGrad':
      return bound(convWeightGrad(op, caps), { dOut: op.dOut, x: op.x, dW: op.output })
    case 'dropout':
      return bound(dropout({ count: tensors[op.x].size, rate: op.rate, node: op.node }, caps), { x: op.x, y: op.output })
    case 'custom': {
      const names: Record<string, TensorId> = { out_y: op.output }
      for (const [i, name] of op.names.entries()) names[`in_${name}`] = op.inputs[i]
      return bound(customForward(op, caps), names)
    }
    case 'customGrad': {
      const names: Record<string, TensorId> = { in_dy: op.dOut }
      if (op.y !== undefined) names.in_y = op.y
      for (const [i, name] of op.names.entries()) names[`in_${name}`] = op.inputs[i]
      for (const [i, name] of op.grads.entries()) names[`out_d${name}`] = op.outputs[i]
      return bound(customBackward({ ...op, y: op.y !== undefined }, caps), names)
    }
    case 'crossEntropy':
      return bound(crossEntropy(op, caps), { logits: op.logits, targets: op.targets, nats: op.nats })
  }
}

function lowerMatmul(op: Extract<TapeOp, { kind: 'matmul' }>, caps: Capabilities): BoundLowering {
  const { orient, M, N, K, accumulate } = op
  const tensors: Record<string, TensorId> = { a: op.a, b: op.b, c: op.output }
  if (op.scale !== undefined) tensors.scale = op.scale
  const epilogue = op.epilogue && { ...op.epilogue, pre: op.epilogue.pre !== null }
  for (const [i, id] of (op.epilogue?.inputs ?? []).entries()) tensors[`e${i}`] = id
  if (op.epilogue && op.epilogue.pre !== null) tensors.pre = op.epilogue.pre
  return { lowering: matmul({ orient, M, N, K, accumulate, scale: op.scale !== undefined, epilogue }, caps), tensors }
}
