// A short form of the fuzzing that `npm run attacks -- --fuzz 5000` does.

import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import { openWasm } from '../../engine/backends/wasm/engine'
import '../../engine/testing/wasm'
import { predictBytes } from '../../engine/predict'
import { createBox } from '../../sandbox/box'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { programOf } from '../../sandbox/programOf'
import { readAnswer } from '../../sandbox/readAnswer'
import { HONEST } from '../programs'
import { mutateDescription } from './descriptions'
import { fuzz, type FuzzTarget, type FuzzTally } from './fuzz'
import { mutateSource } from './sources'

const vocab = 260
let target: FuzzTarget

beforeAll(async () => {
  const box = await createBox()
  const spawn = () => {
    throw new Error('one thread needs no other')
  }
  const { caps } = await openWasm({ threads: 1, shared: false, spawn })
  const request = (source: string) => ({ source, vocab, tier: 'software' as const })
  target = {
    describe: (source) => box.describe(request(source)),
    hear: async (message) => programOf(readAnswer(message), request('')),
    size: (program) => predictBytes(program, { vocab, adapter: { caps }, evaluation: { context: 32, tokens: 2048 }, memoryBytes: 2 ** 30 }),
  }
})

function expectClean(tally: FuzzTally): void {
  expect(tally.escapes).toEqual([])
  expect(tally.hangs).toEqual([])
  expect(tally.unnamed).toEqual([])
}

test('200 mutated programs', async () => {
  const tally = await fuzz('programs', 200, 1, target, (rng) => mutateSource(rng.uniform() < 0.5 ? HONEST : defaultProgram('software'), rng))
  expectClean(tally)
  expect(tally.tried).toBe(200)
  expect(tally.accepted, 'mutations so rough that all are refused test little').toBeGreaterThan(0)
})

test('400 mutated descriptions', async () => {
  const valid = [await target.describe(HONEST), await target.describe(defaultProgram('software'))]
  const tally = await fuzz('graphs', 400, 1, target, (rng) => mutateDescription(valid[rng.int(2)], rng))
  expectClean(tally)
  expect(tally.accepted).toBeGreaterThan(0)
})

test('any text and any value at all', async () => {
  const named = (thrown: unknown) => thrown instanceof LabError && /^(program|sandbox)\./.test(thrown.code)
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.json()), async (text) => {
      const attempts = [() => target.describe(text), () => target.hear(text), () => target.hear(`described\n${text}`), () => target.hear({ text })]
      for (const attempt of attempts) {
        const thrown: unknown = await attempt().then(() => new Error('accepted'), (error: unknown) => error)
        expect(named(thrown), String(thrown)).toBe(true)
      }
    }),
    { numRuns: 150 },
  )
})

test('what escapes, hangs or has no name is counted', async () => {
  const program = await target.describe(HONEST)
  const leaky: FuzzTarget = {
    ...target,
    async describe(source) {
      if (source === 'leak') Object.defineProperty(Object.prototype, 'leaked', { value: 1, configurable: true })
      if (source === 'crash') throw new TypeError('not a function')
      return program
    },
  }
  const inputs = ['leak', 'crash', 'fine']
  const tally = await fuzz('programs', 3, 1, leaky, () => inputs.shift()!)
  delete (Object.prototype as { leaked?: number }).leaked
  expect(tally).toMatchObject({ tried: 3, accepted: 2, escapes: expect.arrayContaining([expect.stringContaining('programs 0')]) })
  expect(tally.unnamed).toHaveLength(1)
})
