// Where the pass must fire, and the nearest tapes where it must not.

import { describe, expect, it } from 'vitest'
import { fuseQkNorm } from './qkNorm'
import { C, D, kinds, passed, type Sketch } from './sketch'

describe('QK-norm', () => {
  const run = (draw: (s: Sketch) => void) => passed(fuseQkNorm, draw)

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
