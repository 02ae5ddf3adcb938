import { expect, test } from 'vitest'
import { specFixture } from '../testing/fixtures'
import { inspectPatch, patchSize, similarity } from './inspect'

const BASE = Array.from({ length: 30 }, (_, i) => `const KNOB_${i} = knob(${i}, { int: [0, 99] })`).join('\n')
const spec = (rules: object = {}) => {
  const found = specFixture()
  return { ...found, baseline: { ...found.baseline, trainJs: BASE }, rules: { ...found.rules, ...rules } }
}
const patch = (trainJs: string) => ({ nonce: '', trainJs })
const MINE = BASE.replace('knob(3,', 'knob(7,').replace('knob(9,', 'knob(11,')

test('size counts what is taken away and what is added', () => {
  expect(patchSize('a\nb\nc', 'a\nx\nc')).toEqual({ added: ['x'], lines: 2, bytes: 4 })
  expect(patchSize(BASE, BASE).lines).toBe(0)
})

test('nothing, too much, and what is forbidden', () => {
  expect(inspectPatch(spec(), patch(BASE), 'me', [])).toContain('changes nothing')
  expect(inspectPatch(spec({ maxDiffLines: 3 }), patch(MINE), 'me', [])).toBe('It changes 4 lines; 3 are allowed.')
  expect(inspectPatch(spec({ maxDiffBytes: 10 }), patch(MINE), 'me', [])).toContain('10 are allowed')
  expect(inspectPatch(spec({ forbidden: ['KNOB_3 '] }), patch(MINE), 'me', [])).toContain('forbids')
  expect(inspectPatch(spec({ forbidden: ['KNOB_1 '] }), patch(MINE), 'me', [])).toBeNull()
})

test('a copy under another key is refused, with or without other comments; one of the same key, or another idea, is not', () => {
  const disguised = MINE.replace('knob(7, { int: [0, 99] })', 'knob(7, { int: [0, 99] }) // my very own idea')
  const earlier = [{ author: 'other', patch: patch(MINE) }]
  expect(inspectPatch(spec(), patch(disguised), 'me', earlier)).toContain('earlier submission')
  expect(inspectPatch(spec(), patch(disguised), 'other', earlier)).toBeNull()
  expect(inspectPatch(spec(), patch(BASE.replace('knob(20,', 'knob(50,')), 'me', earlier)).toBeNull()
})

test('similarity is of what was added alone', () => {
  expect(similarity(['const a = mul(x, 3)'], ['const a = mul(x, 3)'])).toBe(1)
  expect(similarity(['const a = mul(x, 3)'], ['return softmax(y)'])).toBe(0)
  expect(similarity([], ['x'])).toBe(0)
})
