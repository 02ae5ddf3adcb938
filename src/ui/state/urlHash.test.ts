import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_DRAFT } from './settings'
import type { Draft } from './settings'
import { NOWHERE, readHash, writeHash } from './urlHash'
import type { DatasetSource } from '../../data/types'

const dataset: fc.Arbitrary<DatasetSource> = fc.oneof(
  fc.integer({ min: 1, max: 999_999_999 }).map((seed) => ({ kind: 'grammar' as const, seed, bytes: 4_000_000 })),
  fc.record({
    kind: fc.constant('url' as const),
    url: fc.webUrl({ withQueryParameters: true, withFragments: true }),
    format: fc.constantFrom('text' as const, 'jsonl' as const, 'parquet' as const),
  }),
)

const draft: fc.Arbitrary<Draft> = fc.record({
  dataset,
  tokenizer: fc.constantFrom({ kind: 'bytes' as const }, { kind: 'bpe' as const, vocab: 512 }, { kind: 'bpe' as const, vocab: 4096 }),
  budget: fc.option(fc.record({
    kind: fc.constantFrom('seconds' as const, 'tokens' as const),
    amount: fc.integer({ min: 1, max: 1e9 }),
  })),
  controller: fc.constantFrom('evolution', 'random'),
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

  it('fall back to defaults on anything malformed', () => {
    const hash = '#v=1&data=javascript:alert(1)&tok=bpe9&budget=-3s&by=<b>&rule=x&n=0&seed=1e9&view=../x&lab=../x&x=-1'
    expect(readHash(hash)).toEqual({ draft: DEFAULT_DRAFT, place: NOWHERE })
    expect(readHash('#v=9&seed=5').draft).toEqual(DEFAULT_DRAFT)
    fc.assert(fc.property(fc.string(), (text) => {
      expect(() => readHash(`#v=1&${text}`)).not.toThrow()
    }))
  })
})
