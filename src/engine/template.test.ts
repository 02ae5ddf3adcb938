import { expect, it } from 'vitest'
import { expandTemplate } from './template'

const lines = (...text: string[]) => text.join('\n')

it('replaces expressions and strings', () => {
  expect(expandTemplate('a#{N}[#{N * 2 + 1}] #{NAME}', { N: 3, NAME: 'x' })).toBe('a3[7] x')
  expect(expandTemplate('#{(1 + 2) * 4 % 5} #{7 / 2} #{-2 + 5}', {})).toBe('2 3 3')
})

it('repeats and nests loops, whose bounds may be expressions', () => {
  const text = lines('#for i in 0..N', '#for j in i..2', '#{i}#{j}', '#end', '#end')
  expect(expandTemplate(text, { N: 2 })).toBe(lines('00', '01', '11'))
  expect(expandTemplate(lines('#for i in 0..N / 4', 'x', '#end'), { N: 3 })).toBe('')
})

it('keeps one branch, and does not evaluate the other', () => {
  const text = lines('#if KIND == A && N > 1', 'yes', '#else', '#{MISSING}', '#end')
  expect(expandTemplate(text, { KIND: 'a', A: 'a', N: 2 })).toBe('yes')
  expect(expandTemplate(lines('#if !ON', 'off', '#end'), { ON: true })).toBe('')
})

it('names what is wrong', () => {
  expect(() => expandTemplate('#{X}', {})).toThrow('unknown name "X"')
  expect(() => expandTemplate('#for i in 0..2', {})).toThrow('has no #end')
  expect(() => expandTemplate('#end', {})).toThrow('unexpected "#end"')
  expect(() => expandTemplate('#{1 +}', {})).toThrow()
  expect(() => expandTemplate('#{(1}', {})).toThrow('unbalanced')
})
