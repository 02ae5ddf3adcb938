// Where the pass must fire, and the nearest tapes where it must not.

import { describe, expect, it } from 'vitest'
import { opTensors, type TensorId } from '../tape'
import { foldNorms } from './normIntoLinear'
import { C, D, ROWS, kinds, passed, type Sketch } from './sketch'

describe('norms in front of products', () => {
  const run = (draw: (s: Sketch) => void) => passed(foldNorms, draw)

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
