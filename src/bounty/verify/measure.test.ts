import { beforeAll, expect, test } from 'vitest'
import { memoryByteCache } from '../../data/byteCache'
import { loadCorpus, prepareData } from '../../data/corpus'
import { generateCorpus } from '../../data/grammar'
import { joinDocuments } from '../../data/splits'
import { createTokenizer } from '../../data/tokenizer'
import type { TokenData, Tokenizer } from '../../data/types'
import { predictBytes } from '../../engine/predict'
import '../../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import { memoryStore } from '../../engine/tune/table'
import { createTrainer } from '../../judge/trainer'
import { createBox } from '../../sandbox/box'
import type { Box } from '../../sandbox/contract'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { setKnobs } from '../../sandbox/knobs'
import { specFixture } from '../testing/fixtures'
import type { Score } from '../types'
import { canaryGate, measurePatch, type MeasureDeps } from './measure'

const BASE = setKnobs(defaultProgram('software'), { DEPTH: 1, WIDTH: 32, HEAD_DIM: 16, CONTEXT: 32, ROWS: 4, UNEMBEDDING_LR: 0.0002 })
const spec = { ...specFixture({ seeds: 2 }), baseline: { trainJs: BASE, sha256: 'ab'.repeat(32), valBpb: null } }
spec.task = { ...spec.task, budget: { kind: 'tokens', amount: 4096 }, evaluation: { context: 32, tokens: 1024 } }
let box: Box
let prepared: { data: TokenData; tokenizer: Tokenizer }
let text: Uint8Array

beforeAll(async () => {
  box = await createBox()
  const { data, tokenizer } = await prepareData(await loadCorpus({ kind: 'grammar', seed: 1, bytes: 60_000 }, { cache: memoryByteCache() }), { kind: 'bytes' })
  prepared = { data, tokenizer: await createTokenizer(tokenizer) }
  const { documents } = generateCorpus({ seed: 99, bytes: 8000 })
  text = joinDocuments(documents, documents.reduce((sum, { length }) => sum + length, 0))
  return () => box.close()
})

function deps(): MeasureDeps {
  const spawn = () => { throw new Error('one thread needs no other') } // prettier-ignore
  let seed = 7
  return {
    trainer: createTrainer({ gpu: async () => undefined, threads: { threads: 1, shared: false, spawn } }, memoryStore(), 'wasm'),
    box,
    predictBytes,
    prepare: async () => ({ data: structuredClone(prepared.data), tokenizer: prepared.tokenizer }),
    drawSeed: () => seed++,
    appVersion: 'test',
    signal: new AbortController().signal,
  }
}

const measure = (trainJs: string, baseline: Score | null = null) => measurePatch({ bounty: 'ab'.repeat(32), spec, trainJs, text, set: 0, phase: 'first', commit: null }, baseline, deps())

test('a patch that trains better has a better score on text that nobody saw, on every seed', async () => {
  const baseline = await measure(BASE)
  expect(baseline.score).toMatchObject({ seeds: 2, heldOutSet: 0, adapter: expect.stringMatching(/^CPU: WebAssembly SIMD, .*1 thread$/) })
  expect(baseline.gates.map(({ gate }) => gate)).toEqual(expect.arrayContaining(['finite', 'causality', 'canary']))
  const better = await measure(setKnobs(BASE, { UNEMBEDDING_LR: 0.02 }), baseline.score)
  expect(better.score!.heldOutBpb).toBeLessThan(baseline.score!.heldOutBpb - 0.05)
  for (const one of better.score!.scores) expect(one).toBeLessThan(Math.min(...baseline.score!.scores))
  const { publicBpb, heldOutBpb } = better.score!
  expect(Math.abs(publicBpb! - heldOutBpb)).toBeLessThan(0.5)
})

test('what is no program, or too large, is refused in words and costs no training', async () => {
  expect(await measure('nonsense(')).toMatchObject({ score: null, reason: expect.stringContaining('line 1') })
  expect(await measure(setKnobs(BASE, { DEPTH: 12, WIDTH: 768, ROWS: 64, CONTEXT: 1024 }))).toMatchObject({ score: null, reason: expect.stringContaining('MiB') })
})

test('the canary: a gain on public text that held-out text does not share is no gain', () => {
  const score = (publicBpb: number, heldOutBpb: number): Score => ({ publicBpb, heldOutBpb, scores: [], seeds: 1, heldOutSet: 0, adapter: '', appVersion: '' })
  const before = score(2.5, 2.6)
  expect(canaryGate(spec, score(2.4, 2.5), before).passed).toBe(true)
  expect(canaryGate(spec, score(2.4, 2.52), before).passed).toBe(true)
  expect(canaryGate(spec, score(2.0, 2.6), before)).toMatchObject({ passed: false, detail: expect.stringContaining('public text only') })
  expect(canaryGate(spec, score(2.5, 2.5), before).passed).toBe(true)
})
