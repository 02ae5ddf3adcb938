import { expect, test } from 'vitest'
import { specFixture } from '../testing/fixtures'
import { parseSpec, problemsOf } from './schema'

test('a spec in order is read back as it is', () => {
  const spec = specFixture()
  expect(problemsOf(spec)).toEqual([])
  expect(parseSpec(JSON.stringify(spec))).toEqual(spec)
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

test('seconds are no budget of a bounty, and unknown fields are no part of it', () => {
  const { task } = specFixture()
  const seconds = { ...task, budget: { kind: 'seconds', amount: 10 } }
  expect(problemsOf({ ...specFixture(), task: seconds })[0]).toContain('seconds differ between machines')
  expect(() => parseSpec(JSON.stringify({ ...specFixture(), seed: 1 }))).toThrow(/not a bounty/)
  expect(() => parseSpec('{')).toThrow(/not JSON/)
  expect(() => parseSpec(' '.repeat(700_000))).toThrow(/more than/)
})
