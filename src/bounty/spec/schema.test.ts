import { expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import { specFixture } from '../testing/fixtures'
import { parseSpec, problemsOf } from './schema'

test('a spec in order is read back as it is', () => {
  const spec = specFixture()
  expect(problemsOf(spec)).toEqual([])
  expect(parseSpec(structuredClone(spec))).toEqual(spec)
})

test.each([
  [{ poolSat: 1001 }, 'The pool: must be a multiple of the number of slices (10)'],
  [{ verifiers: [] }, 'The list of verifiers: needs at least one verifier'],
  [{ verifiers: ['ab'.repeat(32), 'ab'.repeat(32)] }, 'The list of verifiers: names a key twice'],
  [{ lock: { minCltv: 432, maxCltv: 144 } }, 'The lock time: allows less than it asks for'],
  [{ stabilityDelaySeconds: 72 * 3600 }, 'The lock time: must be at least 456 blocks, or the locks end before the re-check'],
  [{ targetImprovementBpb: 0 }, 'The improvement asked for: must be above 0'],
  [{ toleranceBpb: 0.2 }, 'The tolerance: must be below the improvement that is asked for'],
  [{ materialsUrl: 'javascript:alert(1)' }, 'The address of the materials: must begin with http:// or https://'],
  [{ title: '  ' }, 'The title: must not be empty'],
])('%j is refused in words', (change, said) => {
  expect(problemsOf(specFixture(change))).toContain(said)
})

test('what is wrong with several fields together is told beside what is wrong with others', () => {
  const said = problemsOf(specFixture({ title: '', seeds: NaN, poolSat: 1001, lock: { minCltv: 432, maxCltv: 144 } }))
  expect(said).toEqual([
    'The title: must not be empty', 'The number of fresh seeds: must be filled in', 'The pool: must be a multiple of the number of slices (10)',
    'The lock time: allows less than it asks for',
  ]) // prettier-ignore
  // and not where one of them is not in order itself
  expect(problemsOf(specFixture({ slices: NaN, poolSat: 1001 }))).toEqual(['The number of slices: must be filled in'])
})

test('seconds are no budget of a bounty, and unknown fields are no part of it', () => {
  const { task } = specFixture()
  const seconds = { ...task, budget: { kind: 'seconds', amount: 10 } }
  expect(problemsOf({ ...specFixture(), task: seconds })[0]).toContain('seconds differ between machines')
  expect(() => parseSpec({ ...specFixture(), seed: 1 })).toThrow(/not a bounty/)
})

test('every field that can be wrong has a name in words, and so has what is wrong', () => {
  const { task, rules, baseline } = specFixture()
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}<b>${'x'.repeat(1000)}`, 1]))
  const odd = {
    ...specFixture(), ...many, title: undefined, poolSat: NaN, slices: 2.5, escrow: 'mine', seeds: 12, description: 7, rules: { ...rules, forbidden: ['a', ''] },
    task: { ...task, dataset: { kind: 'disk' }, evaluation: { context: 0, tokens: 1 } }, verifiers: ['ab'.repeat(32), 'x'], baseline: { ...baseline, trainJs: '' },
    materialsUrl: `https://${'x'.repeat(3000)}`, heldOut: [{ sha256: 'ab'.repeat(32), bytes: 2 ** 30 }],
  } // prettier-ignore
  const said = problemsOf(odd)
  expect(said).toEqual(expect.arrayContaining([
    'The title: is missing', 'The pool: must be filled in', 'The number of slices: must be a whole number', 'The description: must be a text',
    'How safe the money is: must be "sliced" or "lump" or "unescrowed"', 'The number of fresh seeds: must be at most 9', 'Forbidden text 2: must not be empty',
    'The data (kind): is none that this version knows', 'The context of the evaluation: must be at least 1', 'The key of verifier 2: must be 64 hex digits',
    'The program to improve: must not be empty', 'The address of the materials: must have at most 2,000 characters', 'Held-out text 1 (bytes): must be at most 1,100,000',
  ])) // prettier-ignore
  expect(said.join().length).toBeLessThan(2000)
  const thrown = LabError.from(capture(() => parseSpec(odd)))
  expect(thrown.hint.split('\n')).toHaveLength(8)
  expect(problemsOf(null)).toEqual(['The file: must be a group of fields'])
  // no field of the form itself is left without a name
  for (const problem of problemsOf({})) expect(problem).toMatch(/^(The|How|Which|What) .+: is missing$/)
})

function capture(work: () => unknown): unknown {
  try {
    return work()
  } catch (thrown) {
    return thrown
  }
}
