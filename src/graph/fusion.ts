// Joins chains of elementwise ops, so that a value which only feeds another elementwise op never goes to memory.

import { opTensors, type ElementwiseStep, type TapeOp, type TapeTensor, type TensorId } from './tape'

type Elementwise = Extract<TapeOp, { kind: 'elementwise' }>

/** Inputs one fused kernel may read: WebGPU guarantees 8 storage buffers a stage, one is the output. */
const MAX_INPUTS = 6
const MAX_STEPS = 24

/**
 * Inlines an elementwise op into its only reader when that is elementwise over the same shape and nothing
 * writes the producer's inputs in between. Order, rounding and results stay the same.
 */
export function fuseElementwise(tensors: readonly TapeTensor[], ops: readonly TapeOp[]): TapeOp[] {
  const readers = new Map<TensorId, number>()
  for (const op of ops) {
    const { reads, updates } = opTensors(op)
    for (const id of new Set([...reads, ...updates])) readers.set(id, (readers.get(id) ?? 0) + 1)
  }
  const producer = new Map<TensorId, Elementwise>()
  const absorbed = new Set<TapeOp>()
  const replaced = new Map<TapeOp, TapeOp>()
  for (const op of ops) {
    if (op.kind !== 'elementwise') {
      // a tensor updated in place must not be read later than it was meant to be
      const { updates } = opTensors(op)
      for (const id of updates) for (const [out, made] of producer) if (made.inputs.includes(id)) producer.delete(out)
      continue
    }
    let fused: Elementwise = op
    for (;;) {
      const at = fused.inputs.findIndex((id, i) => {
        const source = producer.get(id)
        return (
          source !== undefined &&
          readers.get(id) === 1 &&
          sameSize(fused.inputShapes[i], fused.shape) &&
          sameSize(source.shape, fused.shape) &&
          // a broadcast input means the same thing only over the very same shape
          (source.shape.join() === fused.shape.join() || source.inputShapes.every((s) => sameSize(s, source.shape))) &&
          new Set([...fused.inputs, ...source.inputs]).size - 1 <= MAX_INPUTS &&
          fused.steps.length + source.steps.length <= MAX_STEPS
        )
      })
      if (at < 0) break
      const source = producer.get(fused.inputs[at])!
      absorbed.add(originalOf(replaced, source))
      producer.delete(fused.inputs[at])
      fused = inline(fused, at, source)
    }
    if (fused !== op) replaced.set(op, fused)
    if (!fused.accumulate && tensors[fused.output].role === 'activation') producer.set(fused.output, fused)
  }
  return ops.filter((op) => !absorbed.has(op)).map((op) => replaced.get(op) ?? op)
}

function originalOf(replaced: Map<TapeOp, TapeOp>, fused: TapeOp): TapeOp {
  for (const [original, now] of replaced) if (now === fused) return original
  return fused
}

function sameSize(a: readonly number[], b: readonly number[]): boolean {
  let size = 1
  for (const d of b) size *= d
  let own = 1
  for (const d of a) own *= d
  return size === own
}

/** Puts `source`'s steps in front of `target`'s, in place of its input `at`. */
function inline(target: Elementwise, at: number, source: Elementwise): Elementwise {
  const inputs: TensorId[] = []
  const inputShapes: (readonly number[])[] = []
  const slotOf = (id: TensorId, shape: readonly number[]): number => {
    const found = inputs.findIndex((other, i) => other === id && inputShapes[i].join() === shape.join())
    if (found >= 0) return found
    inputs.push(id)
    inputShapes.push(shape)
    return inputs.length - 1
  }
  const sourceSlots = source.inputs.map((id, i) => {
    const shape = source.inputShapes[i]
    return slotOf(id, sameSize(shape, source.shape) ? target.shape : shape)
  })
  const targetSlots = target.inputs.map((id, i) => (i === at ? -1 : slotOf(id, target.inputShapes[i])))
  const offset = source.steps.length
  const steps: ElementwiseStep[] = [
    ...source.steps.map((step) => ({ ...step, args: step.args.map((a) => (a >= 0 ? sourceSlots[a] : a)) })),
    ...target.steps.map((step) => ({
      ...step,
      args: step.args.map((a) => (a < 0 ? a - offset : a === at ? -offset : targetSlots[a])),
    })),
  ]
  return { ...target, inputs, inputShapes, steps }
}
