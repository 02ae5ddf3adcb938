import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../core/hash'
import { memoryByteCache } from './byteCache'
import type { ByteCache } from './byteCache'
import { corpusName, importText, loadCorpus, prepareData } from './corpus'
import { generateCorpus, readStory } from './grammar'
import { nodeByteCache } from './nodeCache'
import { DATASET_PRESETS } from './presets'
import { joinDocuments } from './splits'
import { SAMPLE_TEXT as text, startTestServer, writeParquet } from './testServer'
import { createTokenizer } from './tokenizer'
import type { Corpus, DatasetSource } from './types'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const rows = Array.from({ length: 120 }, (_, i) => `Row ${i}: ${'word '.repeat(i % 17)}é.`)
const jsonl = rows.map((row) => JSON.stringify({ text: row, id: 1 })).join('\n')
const server = await startTestServer({
  'a.txt': text,
  'b.txt': text.slice(0, 20_000),
  'empty.txt': new Uint8Array(0),
  'binary.txt': Uint8Array.from({ length: 5000 }, (_, i) => i % 251),
  'page.txt': encoder.encode('\n<!doctype html><html><body>Sign in</body></html>'),
  'a.jsonl': encoder.encode(jsonl),
  'a.parquet': writeParquet('text', [rows.slice(0, 40), rows.slice(40, 80), rows.slice(80)]),
  'other.parquet': writeParquet('content', [rows]),
})
const directory = await mkdtemp(join(tmpdir(), 'assay-data-'))
afterAll(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

let cache: ByteCache
beforeEach(() => {
  cache = memoryByteCache()
  for (const path of Object.keys(server.asked)) delete server.asked[path]
})

const textOf = (corpus: Corpus): string[] =>
  Object.values(corpus.splits).flatMap(({ documents }) => documents.map((document) => decoder.decode(document)))
const urlSource = (path: string, more: object = {}): DatasetSource =>
  ({ kind: 'url', url: server.url(path), format: 'text', ...more })
const load = (path: string, more: object = {}): Promise<Corpus> => loadCorpus(urlSource(path, more), { cache })

describe('what goes wrong has a name', () => {
  it.each([
    ['ranges/missing.txt', {}, 'data.fetch'],
    ['moved/a.txt', {}, 'data.format'],
    ['ranges/page.txt', {}, 'data.format'],
    ['ranges/empty.txt', {}, 'data.empty'],
    ['ranges/binary.txt', {}, 'data.binary'],
    ['ranges/a.parquet', {}, 'data.binary'],
    ['ranges/a.txt', { sha256: '0'.repeat(64) }, 'data.hash'],
    ['ranges/a.txt', { format: 'jsonl' }, 'data.format'],
    ['ranges/a.jsonl', { format: 'jsonl', field: 'story' }, 'data.format'],
    ['ranges/a.txt', { format: 'parquet' }, 'data.format'],
    ['ranges/other.parquet', { format: 'parquet' }, 'data.format'],
    ['ranges/a.parquet', { format: 'parquet', sha256: '0'.repeat(64) }, 'data.hash'],
    ['ranges/missing.parquet', { format: 'parquet' }, 'data.fetch'],
  ])('%s %o: %s', async (path, more, code) => {
    const error = await load(path, more).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'LabError', code })
    expect((error as { hint: string }).hint).not.toBe('')
  })

  it('tells which lines or columns there are', async () => {
    await expect(load('ranges/a.jsonl', { format: 'jsonl', field: 'story' })).rejects.toMatchObject({
      message: expect.stringContaining('line 1'), hint: expect.stringContaining('text, id'),
    })
    await expect(load('ranges/other.parquet', { format: 'parquet' })).rejects.toMatchObject({
      hint: expect.stringContaining('content'),
    })
  })

  it('a closed port, a bad address, a server without CORS', async () => {
    const closed: DatasetSource = { kind: 'url', url: 'http://127.0.0.1:1/a.txt', format: 'text' }
    await expect(loadCorpus(closed, { cache })).rejects.toMatchObject({ code: 'data.fetch' })
    for (const url of ['nonsense', 'file:///etc/passwd', 'ftp://a.b/c']) {
      const source: DatasetSource = { kind: 'url', url, format: 'text' }
      await expect(loadCorpus(source, { cache })).rejects.toMatchObject({ code: 'data.fetch' })
    }
    // a browser's fetch: a bare TypeError, unless the answer need not be read
    const refusing: typeof fetch = async (_input, init) => {
      if (init?.mode === 'no-cors') return new Response(null)
      throw new TypeError('Failed to fetch')
    }
    const unreachable: typeof fetch = () => Promise.reject(new TypeError('Failed to fetch'))
    const source = urlSource('ranges/a.txt')
    await expect(loadCorpus(source, { cache, fetch: refusing })).rejects.toMatchObject({ code: 'data.cors' })
    await expect(loadCorpus(source, { cache, fetch: unreachable })).rejects.toMatchObject({ code: 'data.fetch' })
  })
})

describe('corpora', () => {
  it('the built-in one has the exact floor of its validation split', async () => {
    const corpus = await loadCorpus({ kind: 'grammar', seed: 2, bytes: 300_000 }, { cache })
    const { val } = corpus.splits
    const bits = val.documents.reduce((sum, document) => sum + readStory(decoder.decode(document)).bits, 0)
    expect(corpus.floorBpb).toBeCloseTo(bits / val.byteCount, 10)
    expect(textOf(corpus)).toHaveLength(generateCorpus({ seed: 2, bytes: 300_000 }).documents.length)
  })

  it('a given file, with and without a file for validation', async () => {
    const source = await importText('a.txt', text, cache)
    const corpus = await loadCorpus(source, { cache })
    expect(corpus.floorBpb).toBeNull()
    expect(textOf(corpus).join('').length).toBe(text.length)
    const other = encoder.encode(decoder.decode(text.slice(0, 30_000)).toUpperCase())
    const validation = await importText('b.txt', other, cache)
    const pair = await loadCorpus({ ...source, validation }, { cache })
    expect(pair.splits.train.byteCount).toBe(text.length)
    expect(pair.splits.val.byteCount + pair.splits.hidden.byteCount).toBe(30_000)
    await expect(loadCorpus(source, { cache: memoryByteCache() })).rejects.toMatchObject({ code: 'data.partial' })
    await expect(importText('x', Uint8Array.of(0, 1), cache)).rejects.toMatchObject({ code: 'data.binary' })
  })

  it('text, JSON Lines and Parquet over the network', async () => {
    expect(textOf(await load('ranges/a.txt')).join('').length).toBe(text.length)
    const wanted = [...rows].sort()
    expect(textOf(await load('ranges/a.jsonl', { format: 'jsonl' })).sort()).toEqual(wanted)
    for (const path of ['ranges/a.parquet', 'whole/a.parquet']) {
      expect(textOf(await load(path, { format: 'parquet' })).sort(), path).toEqual(wanted)
    }
    const column = await load('ranges/other.parquet', { format: 'parquet', field: 'content' })
    expect(textOf(column).sort()).toEqual(wanted)
    const split = await load('ranges/a.txt', { validation: { url: server.url('ranges/b.txt') } })
    expect(split.splits.train.byteCount).toBe(text.length)
    expect(split.splits.val.byteCount + split.splits.hidden.byteCount).toBe(20_000)
  })

  it('Parquet: only the row groups needed, none twice, and checked by hash', async () => {
    const documents = rows.map((row) => encoder.encode(row))
    const hash = await sha256(joinDocuments(documents, documents.reduce((sum, { length }) => sum + length, 0)))
    await load('ranges/a.parquet', { format: 'parquet', sha256: hash })
    const requests = server.asked['/ranges/a.parquet'].length
    await load('ranges/a.parquet', { format: 'parquet', sha256: hash })
    expect(server.asked['/ranges/a.parquet']).toHaveLength(requests)
    const few = await load('ranges/a.parquet', { format: 'parquet', maxBytes: 1000 })
    expect(server.asked['/ranges/a.parquet'].length - requests).toBeLessThan(requests)
    expect(textOf(few).length).toBeLessThan(40)

    // the network fails after the first row group; the second attempt does not ask for that one again
    cache = memoryByteCache()
    let left = requests - 1
    const failing: typeof fetch = (input, init) =>
      left-- > 0 ? fetch(input, init) : Promise.reject(new TypeError('Failed to fetch'))
    const source = urlSource('ranges/a.parquet', { format: 'parquet' })
    await expect(loadCorpus(source, { cache, fetch: failing })).rejects.toMatchObject({ code: 'data.fetch' })
    const before = server.asked['/ranges/a.parquet'].length
    expect(textOf(await loadCorpus(source, { cache }))).toHaveLength(rows.length)
    expect(server.asked['/ranges/a.parquet'].length - before).toBeLessThan(requests)
  })

  it('cuts a long file at a line', async () => {
    const corpus = await load('ranges/a.txt', { maxBytes: 10_000 })
    const joined = textOf(corpus).join('')
    expect(joined.length).toBeGreaterThan(9_900)
    expect(joined.length).toBeLessThanOrEqual(10_000)
    expect(textOf(corpus).every((document) => document.endsWith('\n'))).toBe(true)
  })

  it('leaves nothing half done in a directory', async () => {
    const path = join(directory, 'done')
    await loadCorpus(urlSource('breaks/a.txt'), { cache: nodeByteCache(path) })
    expect(await readdir(path)).toHaveLength(1)
  })
})

it('prepares all that the trainer needs', async () => {
  const corpus = await loadCorpus({ kind: 'grammar', seed: 1, bytes: 100_000 }, { cache })
  const activities = new Set<string>()
  const prepared = await prepareData(corpus, { kind: 'bpe', vocab: 512 }, (activity) => activities.add(activity))
  const tokenizer = await createTokenizer(prepared.tokenizer)
  expect(prepared.data).toMatchObject({ vocab: 512, bos: 508 })
  expect(activities).toEqual(new Set(['training tokenizer', 'preparing data']))
  for (const name of ['train', 'val', 'hidden'] as const) {
    const { tokens, sha256: hash, byteCount } = prepared.data[name]
    expect(hash).toBe(corpus.splits[name].sha256)
    expect(tokenizer.decode(tokens)).toHaveLength(byteCount)
  }
})

it('offers presets that make sense', () => {
  expect(new Set(DATASET_PRESETS.map(({ id }) => id)).size).toBe(DATASET_PRESETS.length)
  expect(DATASET_PRESETS[0].source.kind).toBe('grammar')
  for (const { source, licence, about } of DATASET_PRESETS) {
    expect(corpusName(source)).not.toBe('')
    expect(licence && about).not.toBe('')
    if (source.kind === 'url') expect(source.url).toMatch(/^https:/)
  }
})
