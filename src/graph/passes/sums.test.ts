// Where the pass must fire, and the nearest tapes where it must not.

import { describe, expect, it } from 'vitest'
import { opTensors, type TensorId } from '../tape'
import { SHAPE, kinds, passed, type Sketch } from './sketch'
import { accumulateSums } from './sums'

describe('sums of gradients', () => {
  const run = (draw: (s: Sketch) => void) => passed(accumulateSums, draw)
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
      const x = s.input()
      s.read(add(s, s.part(x), s.read(x)))
    })
    expect(kinds(ops)).toBe('softmax copy softmax')
    expect(ops[1]).toMatchObject({ accumulate: true, output: (ops[0] as { output: TensorId }).output })
    // even where the other term could be added to the zeros
    const product = run((s) => {
      const x = s.input()
      s.read(add(s, s.part(x), s.linear(x)))
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
