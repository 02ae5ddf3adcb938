// Small tapes drawn by hand, for the tests of the passes.

import type { TapeOp, TapeTensor, TensorId } from '../tape'
import { TapeBuilder } from '../tapeBuilder'

const [B, T] = [2, 3]
export const [H, D] = [2, 4]
export const ROWS = B * T
export const C = H * D
export const SHAPE = [ROWS, C]

/** Lays single ops over [ROWS, C] on a tape; every method returns the tensor it makes. */
export class Sketch extends TapeBuilder {
  constructor() {
    super(B, T, { training: true, accumulateGrads: false })
  }
  input(name = 'x'): TensorId {
    return this.tensor(SHAPE, name)
  }
  made(op: TapeOp & { output: TensorId }): TensorId {
    this.emit(op)
    return op.output
  }
  rope(x: TensorId, inverse = false): TensorId {
    return this.made({ kind: 'rope', x, output: this.input('rope'), B, T, H, D, base: 100, inverse })
  }
  norm(x: TensorId, width = C, norm: 'rms' | 'layer' = 'rms'): TensorId {
    return this.made({ kind: 'norm', norm, x, output: this.input('norm'), rows: (ROWS * C) / width, C: width, eps: 1e-6 })
  }
  normGrad(dOut: TensorId, x: TensorId, width = C): TensorId {
    return this.made({ kind: 'normGrad', norm: 'rms', dOut, x, output: this.input('dNorm'), rows: (ROWS * C) / width, C: width, eps: 1e-6 })
  }
  weight(name: string): TensorId {
    return this.param(this.tensors.length, name, [C, C])
  }
  linear(a: TensorId, name = 'w', accumulate = false): TensorId {
    return this.made({ kind: 'matmul', orient: 'NT', a, b: this.weight(name), output: this.input('linear'), M: ROWS, N: C, K: C, accumulate })
  }
  weightGrad(a: TensorId, b: TensorId): TensorId {
    return this.made({ kind: 'matmul', orient: 'TN', a, b, output: this.tensor([C, C], 'w', 'grad'), M: C, N: C, K: ROWS, accumulate: false })
  }
  /** two columns of x in a tensor of zeros */
  part(x: TensorId): TensorId {
    const output = this.input('part')
    this.emit({ kind: 'fill', output, value: 0 })
    this.emit({ kind: 'copy', x, output, dims: [ROWS, 2], inStrides: [2, 1], inOffset: 0, outStrides: [C, 1], outOffset: 0, accumulate: false })
    return output
  }
  /** an op that reads and does not write over */
  read(x: TensorId): TensorId {
    return this.made({ kind: 'softmax', x, output: this.input('read'), rows: ROWS, C })
  }
  /** an op that changes x in place */
  change(x: TensorId): void {
    this.emit({ kind: 'crossEntropy', logits: x, targets: this.input(), nats: this.input(), N: ROWS, V: C, scale: 1, softcap: 0, gradient: true })
  }
}

/** The ops that a pass makes of a tape. */
export function passed(pass: (tensors: TapeTensor[], ops: readonly TapeOp[]) => TapeOp[], draw: (s: Sketch) => void): TapeOp[] {
  const sketch = new Sketch()
  draw(sketch)
  return pass(sketch.tensors, sketch.ops)
}

/** The kinds of ops, in order. */
export const kinds = (ops: TapeOp[]) => ops.map((op) => op.kind).join(' ')
