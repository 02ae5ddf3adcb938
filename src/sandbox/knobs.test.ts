import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Knob } from './contract'
import type { KnobValue } from './knobs'
import { activeKnobs, findKnobs, setKnobs, snapToSpace } from './knobs'

const SOURCE = `// knob(1, { int: [1, 2] }) in a comment is no knob
const DEPTH = knob(4, { int: [1, 16] }) // blocks
export const LR = knob(1e-3, { log: [1e-5, 0.1] }), MIX = knob( -0.25 , { linear: [-1, 1] })
const ROWS = knob(16, { pow2: [1, 64] })
const ACT = knob("relu", { oneOf: ['relu', "it's", 'say "x"', 'a\\\\b'] })
const NORM = knob(true, { oneOf: [true, false] })
const COMPUTED = knob(2 * 3, { int: [1, 16] })
const TEXT = 'const FAKE = knob(1, { int: [1, 2] })'
function inner() { const HIDDEN = knob(1, { int: [1, 2] }); return HIDDEN }
`

test('finds every top-level knob with a literal value, and nothing else', () => {
  const found = findKnobs(SOURCE)
  expect(found.map((knob) => [knob.name, knob.value, knob.line])).toEqual([
    ['DEPTH', 4, 2],
    ['LR', 0.001, 3],
    ['MIX', -0.25, 3],
    ['ROWS', 16, 4],
    ['ACT', 'relu', 5],
    ['NORM', true, 6],
  ])
  const literals = found.map((knob) => SOURCE.slice(knob.start, knob.end))
  expect(literals).toEqual(['4', '1e-3', '-0.25', '16', '"relu"', 'true'])
  expect(found[1].space).toEqual({ kind: 'log', min: 1e-5, max: 0.1 })
  expect(found[4].space).toEqual({ kind: 'oneOf', options: ['relu', "it's", 'say "x"', 'a\\b'] })
})

const CONDITIONAL = `const RULE = knob('muon', { oneOf: ['muon', 'adamw'] })
const STEPS = knob(300, { int: [1, 1000], when: { RULE: ['muon'] } })
const RAMP = knob(2, { when: { STEPS: [300], RULE: ['muon', 'adamw'] }, linear: [0, 4] })
const EARLY = knob(2, { linear: [0, 4], when: { LATE: [1] } })
const LATE = knob(2, { int: [1, 4] })
const BAD1 = knob(2, { int: [1, 4], when: { RULE: 'muon' } })
const BAD2 = knob(2, { int: [1, 4], when: {} })
const BAD3 = knob(2, { int: [1, 4], log: [1, 4] })
`

test('a knob with a condition plays a part only where it is met, and so do those that depend on it', () => {
  const found = findKnobs(CONDITIONAL)
  expect(found.map(({ name, when }) => [name, when])).toEqual([
    ['RULE', undefined],
    ['STEPS', { RULE: ['muon'] }],
    ['RAMP', { STEPS: [300], RULE: ['muon', 'adamw'] }],
    ['EARLY', { LATE: [1] }],
    ['LATE', undefined],
  ])
  const active = (values: Record<string, KnobValue>) => activeKnobs(found, values).map(({ name }) => name)
  expect(active({})).toEqual(['RULE', 'STEPS', 'RAMP', 'EARLY', 'LATE'])
  expect(active({ STEPS: 200 })).toEqual(['RULE', 'STEPS', 'EARLY', 'LATE'])
  expect(active({ RULE: 'adamw' })).toEqual(['RULE', 'EARLY', 'LATE'])
  expect(setKnobs(CONDITIONAL, { STEPS: 20 })).toContain("knob(20, { int: [1, 1000], when: { RULE: ['muon'] } })")
})

test('writes numbers short and leaves a literal alone that has its value', () => {
  const set = setKnobs(SOURCE, { LR: 0.001, MIX: 0.123456, DEPTH: 7.4, ROWS: 23, ACT: "it's" })
  expect(set).toContain('knob(1e-3, { log')
  expect(set).toContain('knob( 0.1235 , {')
  expect(set).toContain('knob(7, {')
  expect(set).toContain('knob(32, {')
  expect(set).toContain("knob('it\\'s', {")
  expect(setKnobs(SOURCE, { LR: 1e-5 / 3 })).toContain('knob(0.00001, {')
})

test('refuses unknown names, values of the wrong type and choices that do not exist', () => {
  expect(() => setKnobs(SOURCE, { NOPE: 1 })).toThrow('no such knob')
  expect(() => setKnobs(SOURCE, { DEPTH: NaN })).toThrow('finite number')
  expect(() => setKnobs(SOURCE, { DEPTH: '4' })).toThrow('finite number')
  expect(() => setKnobs(SOURCE, { ACT: 'tanh' })).toThrow('options')
})

test('a syntax error names its line', () => {
  expect(() => findKnobs('const A = 1\nconst B = ;')).toThrow(
    expect.objectContaining({ code: 'program.syntax', message: expect.stringContaining('line 2') }),
  )
})

const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true })
const anyValue = ({ space }: Knob) => (space.kind === 'oneOf' ? fc.constantFrom(...space.options) : anyNumber)
const settings = fc
  .subarray(findKnobs(SOURCE))
  .chain((chosen) => fc.tuple(...chosen.map((knob) => fc.tuple(fc.constant(knob.name), anyValue(knob)))))
  .map((entries): Record<string, KnobValue> => Object.fromEntries(entries))
const around = (source: string) =>
  findKnobs(source).reduceRight((text, knob) => text.slice(0, knob.start) + text.slice(knob.end), source)

test('property: set then find gives the snapped values, all other text stays, setting again changes nothing', () => {
  fc.assert(
    fc.property(settings, (values) => {
      const set = setKnobs(SOURCE, values)
      const before = findKnobs(SOURCE)
      for (const [i, knob] of findKnobs(set).entries()) {
        const wanted = Object.hasOwn(values, knob.name) ? snapToSpace(knob, values[knob.name]) : before[i].value
        expect(knob.value).toBe(wanted)
        if (knob.space.kind !== 'oneOf') {
          expect(knob.value).toBeGreaterThanOrEqual(knob.space.min)
          expect(knob.value).toBeLessThanOrEqual(knob.space.max)
        }
      }
      expect(around(set)).toBe(around(SOURCE))
      expect(setKnobs(set, values)).toBe(set)
    }),
  )
})

test('property: snapping is idempotent and stays in the range', () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 500 }))
  const kind = fc.constantFrom('int' as const, 'linear' as const, 'log' as const, 'pow2' as const)
  fc.assert(
    fc.property(kind, range, fc.double({ min: -2000, max: 2000, noNaN: true }), (kind, [min, more], value) => {
      const max = kind === 'pow2' ? min * 2 + more : min + more
      const knob = { name: 'X', space: { kind, min, max } }
      const snapped = snapToSpace(knob, value) as number
      expect(snapToSpace(knob, snapped)).toBe(snapped)
      expect(snapped).toBeGreaterThanOrEqual(min)
      expect(snapped).toBeLessThanOrEqual(max)
      if (kind === 'pow2') expect(Number.isInteger(Math.log2(snapped))).toBe(true)
    }),
  )
})
