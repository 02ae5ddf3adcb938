import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { usualEdits } from './researchers'
import { DEFAULT_DRAFT, labSettings, NO_END } from './settings'
import type { Draft } from './settings'
import { NOWHERE, readHash, writeHash } from './urlHash'
import type { DatasetSource } from '../../data/types'
import type { ResearcherSpec } from '../../research/models/types'

const dataset: fc.Arbitrary<DatasetSource> = fc.oneof(
  fc.integer({ min: 1, max: 999_999_999 }).map((seed) => ({ kind: 'grammar' as const, seed, bytes: 4_000_000 })),
  fc.record({
    kind: fc.constant('url' as const),
    url: fc.webUrl({ withQueryParameters: true, withFragments: true }),
    format: fc.constantFrom('text' as const, 'jsonl' as const, 'parquet' as const),
  }),
)

const amount = fc.option(fc.integer({ min: 0, max: 1e9 }))

const researcher: fc.Arbitrary<ResearcherSpec> = fc.record({
  model: fc.record({
    provider: fc.constantFrom('anthropic' as const, 'compatible' as const, 'ollama' as const, 'browser' as const, 'paste' as const),
    model: fc.stringMatching(/^[\w./:@-]{0,60}$/),
    contextTokens: fc.integer({ min: 512, max: 1e6 }),
  }),
  edits: fc.constantFrom('knobs' as const, 'code' as const),
  caps: fc.record({ requests: amount, tokens: amount, usd: fc.option(fc.constantFrom(0.5, 2, 40)) }),
  ratio: fc.constantFrom(0, 0.1, 0.2, 0.33, 0.5),
  sampler: fc.constantFrom('cma-es', 'tpe', 'random'),
  standIn: fc.option(fc.constantFrom('evolution', 'tpe')),
})

const draft: fc.Arbitrary<Draft> = fc.record({
  dataset,
  tokenizer: fc.constantFrom({ kind: 'bytes' as const }, { kind: 'bpe' as const, vocab: 512 }, { kind: 'bpe' as const, vocab: 4096 }),
  budget: fc.option(fc.record({
    kind: fc.constantFrom('seconds' as const, 'tokens' as const),
    amount: fc.integer({ min: 1, max: 1e9 }),
  })),
  controller: fc.constantFrom('evolution', 'random', 'model', 'hybrid', 'human'),
  researcher: fc.option(researcher, { nil: undefined }),
  approval: fc.constantFrom('auto' as const, 'ask' as const),
  guide: fc.constantFrom('on' as const, 'off' as const),
  ends: fc.record({ minutes: amount, tokens: amount, usd: amount, targetBpb: fc.option(fc.constantFrom(1.5, 0.9)) }),
  rule: fc.constantFrom('measured' as const, 'plain' as const),
  maxExperiments: fc.option(fc.integer({ min: 1, max: 100_000 })),
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
})

describe('settings in the URL', () => {
  it('come back as they were written', () => {
    fc.assert(fc.property(draft, (given) => {
      expect(readHash(`#${writeHash(given, NOWHERE)}`).draft).toEqual(given)
    }))
  })

  it('leave a plain address plain', () => {
    expect(writeHash(DEFAULT_DRAFT, NOWHERE)).toBe('')
  })

  it('carry the section, the lab and the experiment shown', () => {
    const place = { view: 'how', labId: 'mfk2-1a', experiment: 7 }
    expect(readHash(writeHash(DEFAULT_DRAFT, place)).place).toEqual(place)
  })

  it('do not carry a file of the person', () => {
    const own: Draft = { ...DEFAULT_DRAFT, dataset: { kind: 'text', name: 'diary.txt', sha256: 'ab' } }
    expect(writeHash(own, NOWHERE)).not.toContain('diary')
  })

  it('carry the address of a model without what might be a key', () => {
    const model = { provider: 'compatible' as const, model: 'small', address: 'https://me:sk-secret@models.example/v1/?key=sk-secret#sk-secret' }
    const researcher = { model, edits: usualEdits('compatible'), caps: { requests: null, tokens: null, usd: null }, ratio: 0.2, sampler: 'cma-es', standIn: null }
    const own: Draft = { ...DEFAULT_DRAFT, controller: 'model', researcher }
    const hash = writeHash(own, NOWHERE)
    expect(hash).not.toContain('secret')
    expect(readHash(hash).draft.researcher?.model.address).toBe('https://models.example/v1/')
    expect(JSON.stringify(labSettings(own, null, { trainJs: null, programMd: null }))).not.toContain('secret')
  })

  it('leave out of a lab what was not asked for', () => {
    expect(labSettings(DEFAULT_DRAFT, null, { trainJs: null, programMd: null })).not.toHaveProperty('researcher')
    expect(labSettings({ ...DEFAULT_DRAFT, ends: { ...NO_END, minutes: 5 } }, null, { trainJs: null, programMd: null })).toMatchObject({ ends: { minutes: 5, usd: null } })
  })

  it('fall back to defaults on anything malformed', () => {
    const hash = '#v=1&data=javascript:alert(1)&tok=bpe9&budget=-3s&by=<b>&rule=x&n=0&seed=1e9&max_usd=x&min=-1&target=NaN&view=../x&lab=../x&x=-1'
    expect(readHash(hash)).toEqual({ draft: DEFAULT_DRAFT, place: NOWHERE })
    expect(readHash('#v=9&seed=5').draft).toEqual(DEFAULT_DRAFT)
    fc.assert(fc.property(fc.string(), (text) => {
      expect(() => readHash(`#v=1&${text}`)).not.toThrow()
    }))
  })
})
