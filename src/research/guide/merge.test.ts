import { describe, expect, test } from 'vitest'
import { setKnobs } from '../../sandbox/knobs'
import { PROGRAM, scriptedLab } from '../testing'
import { merge } from './merge'
import { nearTwin, tokenDistance } from './novelty'
import { row } from './testing'

const CODE = `${PROGRAM}
export function model(g, tokens) {
  const x = g.embed(tokens)
  const y = g.norm(x)
  const z = g.mlp(y)
  return g.head(z)
}
`

describe('merge', () => {
  test('knobs of both, each from the program that moved it', () => {
    const { source, clashes } = merge(CODE, setKnobs(CODE, { DEPTH: 5 }), setKnobs(CODE, { MATRIX_LR: 0.06, ACTIVATION: 'gelu' }))
    expect(clashes).toEqual([])
    expect(source).toBe(setKnobs(CODE, { DEPTH: 5, MATRIX_LR: 0.06, ACTIVATION: 'gelu' }))
  })

  test('knobs on neighbouring lines, and on the line of a change of code, are no clash', () => {
    const ours = setKnobs(CODE, { DEPTH: 5, ROWS: 8 })
    const theirs = setKnobs(CODE, { WIDTH: 96 }).replace('g.mlp(y)', 'g.mlp(g.norm(y))')
    expect(merge(CODE, ours, theirs).source).toBe(setKnobs(CODE, { DEPTH: 5, ROWS: 8, WIDTH: 96 }).replace('g.mlp(y)', 'g.mlp(g.norm(y))'))
  })

  test('the same knob moved to two places clashes; to the same place it does not', () => {
    const clash = merge(CODE, setKnobs(CODE, { DEPTH: 5 }), setKnobs(CODE, { DEPTH: 7 }))
    expect(clash).toEqual({ source: null, clashes: ['DEPTH is 5 in one and 7 in the other, from 3'] })
    expect(merge(CODE, setKnobs(CODE, { DEPTH: 5 }), setKnobs(CODE, { DEPTH: 5 })).source).toBe(setKnobs(CODE, { DEPTH: 5 }))
  })

  test('lines far apart go together, the same line changed twice clashes and is named', () => {
    const first = CODE.replace('const x = g.embed(tokens)', 'const x = g.scale(g.embed(tokens), 2)')
    const last = CODE.replace('return g.head(z)', 'return g.softcap(g.head(z))')
    expect(merge(CODE, first, last).source).toContain('g.scale(g.embed(tokens), 2)')
    expect(merge(CODE, first, last).source).toContain('g.softcap(g.head(z))')
    const other = CODE.replace('return g.head(z)', 'return g.head(g.norm(z))')
    expect(merge(CODE, last, other)).toEqual({ source: null, clashes: [expect.stringMatching(/^both change line \d+$/)] })
  })

  test('a change taken back out leaves the later ones', () => {
    const kept = setKnobs(CODE, { DEPTH: 5 }).replace('g.mlp(y)', 'g.mlp(g.norm(y))')
    const best = setKnobs(kept, { WIDTH: 96 })
    expect(merge(kept, best, CODE).source).toBe(setKnobs(CODE, { WIDTH: 96 }))
  })

  test('a knob whose range was changed is a line like any other', () => {
    const wider = CODE.replace('{ int: [1, 12] }', '{ int: [1, 24] }')
    expect(merge(CODE, wider, setKnobs(CODE, { WIDTH: 96 })).source).toBe(setKnobs(wider, { WIDTH: 96 }))
    expect(merge(CODE, wider, setKnobs(CODE, { DEPTH: 5 })).source).toBeNull()
  })
})

describe('near-identical programs', () => {
  const sourceOf = async () => CODE
  const knobs = row(0, 'baseline').knobs

  test('a knob moved by less than 2 % of its range, with the same code', async () => {
    const rows = [row(0, 'baseline'), row(1, 'discard', { knobs: { ...knobs, DEPTH: 9 } })]
    expect(await nearTwin(setKnobs(CODE, { MATRIX_LR: 0.042 }), rows, sourceOf)).toEqual({ number: 0, difference: 'MATRIX_LR 0.04 → 0.042' })
    expect(await nearTwin(setKnobs(CODE, { MATRIX_LR: 0.06 }), rows, sourceOf)).toBeNull()
    expect(await nearTwin(setKnobs(CODE, { QK_NORM: false }), rows, sourceOf)).toBeNull()
  })

  test('a few words of code', async () => {
    expect(await nearTwin(CODE.replace('g.mlp(y)', 'g.mlp(x)'), [row(0, 'baseline')], sourceOf)).toEqual({ number: 0, difference: '2 words of code' })
    expect(await nearTwin(CODE.replace('g.mlp(y)', 'g.mlp(g.norm(g.scale(x, 2)))'), [row(0, 'baseline')], sourceOf)).toBeNull()
    expect(tokenDistance('a + b', 'a + b // and a comment')).toBe(0)
    expect(scriptedLab().trainJs).toBe(PROGRAM)
  })
})
