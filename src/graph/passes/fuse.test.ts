// Each pass on tapes where it must fire, and on the nearest ones where it must not.

import { describe, expect, it } from 'vitest'
import { opTensors, type TapeOp, type TensorId } from '../tape'
import { TapeBuilder } from '../tapeBuilder'
import { fuseEpilogues } from './epilogues'
import { foldNorms } from './normIntoLinear'
import { fuseQkNorm } from './qkNorm'
import { accumulateSums } from './sums'

const [B, T, H, D] = [2, 3, 2, 4]
const ROWS = B * T
const C = H * D
const SHAPE = [ROWS, C]

/** Lays single ops over [ROWS, C] on a tape; every method returns the tensor it makes. */
class Sketch extends TapeBuilder {
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
  /** an op that reads and does not write over */
  read(x: TensorId): TensorId {
    return this.made({ kind: 'softmax', x, output: this.input('read'), rows: ROWS, C })
  }
  /** an op that changes x in place */
  change(x: TensorId): void {
    this.emit({ kind: 'crossEntropy', logits: x, targets: this.input(), nats: this.input(), N: ROWS, V: C, scale: 1, softcap: 0, gradient: true })
  }
}

/** The kinds of ops after a pass, in order. */
const kinds = (ops: TapeOp[]) => ops.map((op) => op.kind).join(' ')

function tape(draw: (s: Sketch) => void): Sketch {
  const sketch = new Sketch()
  draw(sketch)
  return sketch
}

describe('QK-norm', () => {
  const run = (draw: (s: Sketch) => void) => {
    const { tensors, ops } = tape(draw)
    return fuseQkNorm(tensors, ops)
  }

  it('joins rope and norm in either order, forward and backward', () => {
    const after = run((s) => {
      const rotated = s.rope(s.input())
      const y = s.norm(rotated, D)
      s.read(s.rope(s.normGrad(s.read(y), rotated, D), true))
    })
    expect(kinds(after)).toBe('rope softmax rope softmax')
    expect(after[0]).toMatchObject({ x: 0, eps: 1e-6, inverse: false })
    expect(after[2]).toMatchObject({ forward: 0, eps: 1e-6, inverse: true })
    const before = run((s) => {
      const x = s.input()
      const y = s.rope(s.norm(x, D))
      s.read(s.normGrad(s.rope(s.read(y), true), x, D))
    })
    expect(kinds(before)).toBe('rope softmax rope softmax')
    expect(before[0]).toMatchObject({ x: 0, eps: 1e-6 })
    expect(before[2]).toMatchObject({ forward: 0, inverse: true })
  })

  it('leaves them where something between is read, changed, or normalised over another length', () => {
    const twice = run((s) => {
      const rotated = s.rope(s.input())
      s.read(rotated)
      s.norm(rotated, D)
    })
    expect(kinds(twice)).toBe('rope softmax norm')
    const wide = run((s) => void s.norm(s.rope(s.input()), C))
    expect(kinds(wide)).toBe('rope norm')
    const layer = run((s) => void s.norm(s.rope(s.input()), D, 'layer'))
    expect(kinds(layer)).toBe('rope norm')
    const changed = run((s) => {
      const x = s.input()
      const n = s.norm(x, D)
      s.change(x)
      s.rope(n)
    })
    expect(kinds(changed)).toBe('norm crossEntropy rope')
    // the gradient needs the rotated rows for a second reader
    const kept = run((s) => {
      const rotated = s.rope(s.input())
      const g = s.normGrad(s.norm(rotated, D), rotated, D)
      s.rope(g, true)
      s.read(g)
    })
    expect(kinds(kept)).toBe('rope norm normGrad rope softmax')
  })
})

describe('sums of gradients', () => {
  const run = (draw: (s: Sketch) => void) => {
    const { tensors, ops } = tape(draw)
    return accumulateSums(tensors, ops)
  }
  const add = (s: Sketch, a: TensorId, b: TensorId) => s.elementwise('add', [a, b], SHAPE)

  it('accumulates products and norm gradients into what they are added to', () => {
    const ops = run((s) => {
      const x = s.input()
      const sum = add(s, add(s, s.linear(x), s.linear(x)), s.linear(x))
      s.read(add(s, sum, s.normGrad(s.read(x), x)))
    })
    expect(kinds(ops)).toBe('matmul matmul matmul softmax normGrad softmax')
    const target = (ops[0] as { output: TensorId }).output
    expect(ops.slice(1, 3)).toMatchObject([{ output: target, accumulate: true }, { output: target, accumulate: true }])
    expect(ops[4]).toMatchObject({ output: target, accumulate: true })
    expect(ops[5]).toMatchObject({ x: target })
    expect(opTensors(ops[4])).toMatchObject({ writes: [], updates: [target] })
  })

  it('adds a part copied into zeros to the whole that comes later', () => {
    const ops = run((s) => {
      const [x, part] = [s.input(), s.input()]
      s.emit({ kind: 'fill', output: part, value: 0 })
      s.emit({ kind: 'copy', x, output: part, dims: [ROWS, 2], inStrides: [2, 1], inOffset: 0, outStrides: [C, 1], outOffset: 0, accumulate: false })
      s.read(add(s, part, s.read(x)))
    })
    expect(kinds(ops)).toBe('softmax copy softmax')
    expect(ops[1]).toMatchObject({ accumulate: true, output: (ops[0] as { output: TensorId }).output })
    // even where the other term could be added to the zeros
    const product = run((s) => {
      const [x, part] = [s.input(), s.input()]
      s.emit({ kind: 'fill', output: part, value: 0 })
      s.emit({ kind: 'copy', x, output: part, dims: [ROWS, 2], inStrides: [2, 1], inOffset: 0, outStrides: [C, 1], outOffset: 0, accumulate: false })
      s.read(add(s, part, s.linear(x)))
    })
    expect(kinds(product)).toBe('matmul copy softmax')
  })

  it('leaves a sum whose terms are read again, given from outside, or complete too late', () => {
    const both = run((s) => {
      const [a, b] = [s.linear(s.input()), s.linear(s.input())]
      add(s, a, b)
      s.read(a)
      s.read(b)
    })
    expect(kinds(both)).toBe('matmul matmul elementwise softmax softmax')
    const param = run((s) => void add(s, s.weight('p'), s.read(s.input())))
    expect(kinds(param)).toBe('softmax elementwise')
    const late = run((s) => {
      const product = s.linear(s.input())
      add(s, s.read(s.input()), product)
    })
    expect(kinds(late)).toBe('matmul softmax elementwise')
    const self = run((s) => {
      const x = s.read(s.input())
      add(s, x, s.linear(x)) // the product reads what it would write
    })
    expect(kinds(self)).toBe('softmax matmul elementwise')
  })
})

describe('norms in front of products', () => {
  const run = (draw: (s: Sketch) => void) => {
    const { tensors, ops } = tape(draw)
    return foldNorms(tensors, ops)
  }

  it('gives every product the factors of the rows instead, through copied columns too', () => {
    const ops = run((s) => {
      const x = s.input()
      const y = s.norm(x)
      const dOut = s.linear(y, 'q')
      s.weightGrad(dOut, y)
      const part = s.tensor([ROWS, 4], 'part')
      s.emit({ kind: 'copy', x: y, output: part, dims: [ROWS, 4], inStrides: [C, 1], inOffset: 4, outStrides: [4, 1], outOffset: 0, accumulate: false })
      s.emit({ kind: 'matmul', orient: 'NT', a: part, b: s.tensor([2, 4], 'gate', 'param'), output: s.tensor([ROWS, 2], 'gate'), M: ROWS, N: 2, K: 4, accumulate: false })
      s.normGrad(dOut, x)
    })
    expect(kinds(ops)).toBe('rmsScale matmul matmul copy matmul normGrad')
    const scale = (ops[0] as { output: TensorId }).output
    expect(ops[1]).toMatchObject({ a: 0, scale })
    expect(ops[2]).toMatchObject({ b: 0, scale })
    expect(ops[3]).toMatchObject({ x: 0 })
    expect(ops[4]).toMatchObject({ scale })
    expect(ops[5]).toMatchObject({ rstd: scale })
    for (const op of [ops[1], ops[2], ops[5]]) expect(opTensors(op).reads).toContain(scale)
  })

  it('leaves a norm that others read, whose input changes, or that is not RMS', () => {
    const read = run((s) => void (s.linear(s.norm(s.input())) + s.read(1)))
    expect(kinds(read)).toBe('norm matmul softmax')
    const layer = run((s) => void s.linear(s.norm(s.input(), C, 'layer')))
    expect(kinds(layer)).toBe('norm matmul')
    const changed = run((s) => void (s.linear(s.norm(s.input())), s.change(0)))
    expect(kinds(changed)).toBe('norm matmul crossEntropy')
    const heads = run((s) => void s.linear(s.norm(s.input(), D)))
    expect(kinds(heads)).toBe('norm matmul')
    const asA = run((s) => void s.weightGrad(s.norm(s.input()), s.input()))
    expect(kinds(asA)).toBe('norm matmul')
  })
})

describe('epilogues', () => {
  const run = (draw: (s: Sketch) => void) => {
    const { tensors, ops } = tape(draw)
    return fuseEpilogues(tensors, ops)
  }
  const row = { inputShapes: [SHAPE, [1, C]] }

  it('takes bias, residual and activation into the product, and keeps what others read', () => {
    const bias = run((s) => void s.read(s.elementwise('add', [s.linear(s.input()), s.param(99, 'b', [C])], SHAPE, row)))
    expect(kinds(bias)).toBe('matmul softmax')
    expect(bias[0]).toMatchObject({ epilogue: { inputShapes: [[1, C]], steps: [{ fn: 'add', args: [0, 1] }], pre: null } })
    const residual = run((s) => void s.elementwise('sub', [s.input(), s.linear(s.input())], SHAPE))
    expect(residual[0]).toMatchObject({ epilogue: { inputs: [0], steps: [{ fn: 'sub', args: [1, 0] }] } })
    const activation = run((s) => {
      const up = s.linear(s.input())
      s.read(s.elementwise('reluSquared', [up], SHAPE))
      s.read(up)
    })
    expect(kinds(activation)).toBe('matmul softmax softmax')
    const { output, epilogue } = activation[0] as Extract<TapeOp, { kind: 'matmul' }>
    expect(epilogue!.pre).toBe((activation[2] as { x: TensorId }).x)
    expect(output).toBe((activation[1] as { x: TensorId }).x)
    expect(opTensors(activation[0]).writes.sort()).toEqual([output, epilogue!.pre].sort())
  })

  it('lets only the later of two products take their sum, and adds to a gradient where the op did', () => {
    const two = run((s) => void s.elementwise('add', [s.linear(s.input()), s.linear(s.input())], SHAPE))
    expect(kinds(two)).toBe('matmul matmul')
    expect((two[0] as { epilogue?: unknown }).epilogue).toBeUndefined()
    expect(two[1]).toMatchObject({ epilogue: { inputs: [(two[0] as { output: TensorId }).output] } })
    const into = run((s) => {
      const grad = s.tensor(SHAPE, 'g', 'grad')
      s.elementwise('neg', [s.linear(s.input())], SHAPE, { into: { tensor: grad, accumulate: true } })
    })
    expect(into[0]).toMatchObject({ kind: 'matmul', accumulate: true })
  })

  it('leaves what comes too late, changes in between, is broadcast across heads, or needs too many buffers', () => {
    const late = run((s) => {
      const y = s.linear(s.input())
      s.elementwise('add', [y, s.read(s.input())], SHAPE)
    })
    expect(kinds(late)).toBe('matmul softmax elementwise')
    const changed = run((s) => {
      const y = s.linear(s.input())
      s.change(y)
      s.elementwise('neg', [y], SHAPE)
    })
    expect(kinds(changed)).toBe('matmul crossEntropy elementwise')
    const heads = run((s) => {
      const gate = s.tensor([ROWS, H], 'gate')
      const shapes = { inputShapes: [[ROWS, H, D], [ROWS, H, 1]] }
      s.elementwise('mul', [s.linear(s.input()), gate], [ROWS, H, D], shapes)
    })
    expect(kinds(heads)).toBe('matmul elementwise')
    const added = run((s) => void s.elementwise('neg', [s.linear(s.input(), 'w', true)], SHAPE))
    expect(kinds(added)).toBe('matmul elementwise')
    const sumOf = (count: number) => (s: Sketch) => {
      const inputs = Array.from({ length: count }, () => s.input())
      const all = [s.linear(s.input()), ...inputs]
      const steps = all.slice(1).map((_, i) => ({ fn: 'add', args: [i === 0 ? 0 : -i, i + 1] }))
      s.emit({ kind: 'elementwise', inputs: all, inputShapes: all.map(() => SHAPE), output: s.input(), shape: SHAPE, steps, accumulate: false })
    }
    expect(kinds(run(sumOf(5)))).toBe('matmul')
    expect(kinds(run(sumOf(6)))).toBe('matmul elementwise')
  })
})
