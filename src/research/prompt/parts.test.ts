import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { experimentFixture } from '../../history/fixtures'
import { findKnobs } from '../../sandbox/knobs'
import { PROGRAM } from '../testing'
import { fit, type Section } from './fit'
import { bounded, cell, clean, END, oneLine, quote } from './quote'
import { bestOf, COLUMNS, nearestOf, short, tableRow } from './table'
import { estimateTokens } from './tokens'

const anything = fc.string({ unit: 'binary', maxLength: 60 })

describe('quotations', () => {
  it('no text can make one of our lines', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, fc.constantFrom('⟦', '⟧', END, '⟦data: a⟧', '\n', '\u2028')), { maxLength: 10 }), (parts) => {
        const lines = quote('data', 'title', parts.join('')).split('\n')
        expect(lines[0]).toBe('⟦data: title⟧')
        expect(lines.filter((line) => /[⟦⟧]/.test(line))).toEqual([lines[0], END])
        expect(lines.at(-1)).toBe(END)
      }),
    )
  })

  it('cleaning once is enough, and leaves programs as they are', () => {
    fc.assert(fc.property(anything, (text) => void expect(clean(clean(text))).toBe(clean(text))))
    expect(clean(PROGRAM)).toBe(PROGRAM)
    expect(clean('naïve 学习 Δ → ≤ ✓ 1·2')).toBe('naïve 学习 Δ → ≤ ✓ 1·2')
  })

  it('lengths hold, and no character is cut in half', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 40 }), (text, most) => {
        expect(bounded(text, most).length).toBeLessThanOrEqual(most)
        expect(bounded(text, most)).not.toMatch(/\p{Surrogate}/u)
        expect(oneLine(text, most)).not.toMatch(/[\n\t]/)
        expect(cell(text, most)).not.toContain('|')
      }),
    )
    expect(bounded('😀😀', 3)).toBe('😀…')
    expect(bounded('😀😀', 2)).toBe('…')
  })
})

describe('tokens', () => {
  it('are rather too many than too few', () => {
    expect(estimateTokens('')).toBe(0)
    expect(estimateTokens('the cat sat')).toBe(3)
    expect(estimateTokens('3.1415')).toBe(6)
    expect(estimateTokens('学习')).toBe(6)
    expect(estimateTokens('a\n\nb')).toBe(4)
  })

  it('of parts are at least those of the whole', () => {
    fc.assert(fc.property(anything, anything, (a, b) => void expect(estimateTokens(`${a}\n${b}`)).toBe(estimateTokens(a) + 1 + estimateTokens(b))))
  })
})

describe('fit', () => {
  const section = (title: string, items: string[], change: Partial<Section> = {}): Section => ({ title, quoted: null, items, least: 0, priority: 1, ...change })

  it('keeps the order of sections and serves the important first', () => {
    const sections = [section('A', ['one one one', 'two two two'], { priority: 2 }), section('B', ['x y z', 'u v w'], { priority: 1 }), section('empty', [])]
    expect(fit(sections, 1000)).toBe('# A\none one one\ntwo two two\n\n# B\nx y z\nu v w')
    expect(fit(sections, 25)).toBe('# B\nx y z\nu v w')
    expect(fit(sections, 21)).toBe('# B\nx y z\n(1 more lines do not fit)')
    expect(fit(sections, 0)).toBe('')
  })

  it('takes whole what is whole, and what is needed in any case', () => {
    const whole = section('W', ['a b c', 'd e f'], { isWhole: true })
    expect(fit([whole], 21)).toBe('')
    expect(fit([whole], 40)).toBe('# W\na b c\nd e f')
    expect(() => fit([{ ...whole, least: 1 }], 21)).toThrow('The prompt needs at least')
  })
})

describe('the table', () => {
  const present = findKnobs(PROGRAM)

  it('has a cell for every column, whatever is in a row', () => {
    const rows = [
      experimentFixture('l', 3, { description: 'a | b\nc', knobs: { DEPTH: 5, ACTIVATION: 'gelu', gone: 1 } }),
      experimentFixture('l', 4, { status: 'crash', valBpb: null, deltaBpb: null, measurements: null, error: { name: 'LabError', code: 'gpu.oom', message: 'm|m', hint: '', data: {} }, knobs: {} }),
    ]
    const cells = rows.map((row) => tableRow(row, present).split(' | '))
    for (const one of cells) expect(one).toHaveLength(COLUMNS.split(' | ').length)
    expect(cells[0].slice(-2)).toEqual(['a / b c', 'DEPTH=5 ACTIVATION=gelu'])
    expect(cells[1].slice(-3)).toEqual(['gpu.oom', 'width 64 → 96', '-'])
  })

  it('finds the best and the nearest', () => {
    const at = (number: number, valBpb: number | null, knobs: Record<string, number | string>) => experimentFixture('l', number, { valBpb, knobs })
    const own = Object.fromEntries(present.map((knob) => [knob.name, knob.value]))
    const rows = [at(0, 2, { ...own, DEPTH: 12 } as never), at(1, 1.9, { ...own, DEPTH: 4 } as never), at(2, null, { ...own, ACTIVATION: 'gelu' } as never), at(3, 1.9, {})]
    expect(bestOf(rows, 2).map(({ number }) => number)).toEqual([1, 3])
    expect(nearestOf(rows, present, 5).map(({ number }) => number)).toEqual([1, 0, 2])
  })

  it('writes numbers short', () => {
    expect([999.6, 12_345, 1_234_567, NaN].map(short)).toEqual(['1000', '12.3k', '1.23M', '-'])
  })
})
