// Which activations may be stored as f16. Arithmetic stays f32 and so do gradients (no loss scaling is needed), logits,
// statistics, parameters and results: what is rounded is only what the forward pass hands from one op to the next.

import { tensorsByField, type Tape, type TapeOp, type TensorId } from '../tape'
import { logitsOf, wideTensors } from './chunkHead'

/**
 * Fields of each kind of op whose tensor may be stored as f16. Left out: token ids, statistics that backward takes
 * exponentials or inverse roots of, factors of whole rows, what the loss reads, sums, and
 * whatever a custom kernel touches.
 */
export const HALF_FIELDS: Record<TapeOp['kind'], readonly string[]> = {
  elementwise: ['inputs', 'output'],
  matmul: ['a', 'b', 'output', 'epilogue'],
  embedding: ['output'],
  embeddingGrad: ['dOut'],
  norm: ['x', 'output'],
  normGrad: ['dOut', 'x', 'output'],
  rmsScale: ['x'],
  softmax: ['x', 'output'],
  softmaxGrad: ['dOut', 'y', 'output'],
  rope: ['x', 'output', 'forward'],
  attention: ['q', 'k', 'v', 'output'],
  attentionGrad: ['q', 'k', 'v', 'out', 'dOut', 'dQ', 'dK', 'dV'],
  reduceSum: ['x'],
  copy: ['x', 'output'],
  fill: ['output'],
  shift: ['x', 'output'],
  conv: ['x', 'w', 'output'],
  convInputGrad: ['dOut', 'w', 'output'],
  convWeightGrad: ['dOut', 'x'],
  dropout: ['x', 'output'],
  custom: [],
  customGrad: [],
  crossEntropy: [],
}

/**
 * Marks the activations of a training tape's forward pass that every op touching them can keep as f16.
 * Run it before passes that copy or cut ops: they hand the mark on. A tape without a loss comes back as it is: what
 * is scored is never rounded.
 */
export function halfActivations(tape: Tape): Tape {
  const end = tape.ops.findIndex((op) => op.kind === 'crossEntropy' && op.gradient)
  if (end < 0) return tape
  const wide = wideTensors(tape, logitsOf(tape))
  const made = new Set<TensorId>()
  const full = new Set<TensorId>(wide)
  for (const { view } of tape.tensors) if (view) full.add(view.of)
  for (const [at, op] of tape.ops.entries()) {
    for (const [field, ids] of tensorsByField(op))
      for (const id of ids) {
        if (at < end) made.add(id)
        if (!HALF_FIELDS[op.kind].includes(field)) full.add(id)
      }
  }
  const tensors = tape.tensors.map((tensor, id) => {
    const fits = tensor.role === 'activation' && !tensor.view && made.has(id) && !full.has(id)
    return fits ? { ...tensor, half: true as const } : tensor
  })
  return { ...tape, tensors }
}
