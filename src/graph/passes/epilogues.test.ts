// Where the pass must fire, and the nearest tapes where it must not.

import { describe, expect, it } from 'vitest'
import { opTensors, type TapeOp, type TensorId } from '../tape'
import { fuseEpilogues } from './epilogues'
import { C, D, H, ROWS, SHAPE, kinds, passed, type Sketch } from './sketch'

describe('epilogues', () => {
  const run = (draw: (s: Sketch) => void) => passed(fuseEpilogues, draw)
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
