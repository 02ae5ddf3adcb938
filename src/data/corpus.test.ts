import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../core/hash'
import { memoryByteCache, storeError } from './byteCache'
import type { ByteCache } from './byteCache'
import { corpusName, importText, loadCorpus, prepareData } from './corpus'
import { download } from './download'
import { generateCorpus, readStory } from './grammar'
import { nodeByteCache } from './nodeCache'
import { DATASET_PRESETS } from './presets'
import { joinDocuments } from './splits'
import { startTestServer, writeParquet } from './testServer'
import { createTokenizer } from './tokenizer'
import type { Corpus, DatasetSource } from './types'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const block = (i: number): string => `Block ${i} tells of the number ${i * 7919}, and of its neighbours.\n\n`
const text = encoder.encode(Array.from({ length: 3000 }, (_, i) => block(i)).join(''))
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

describe.each([
  ['memory', () => memoryByteCache()],
  ['a directory', () => nodeByteCache(join(directory, 'cache'))],
])('the byte cache in %s', (_, open) => {
  it('keeps, appends, replaces and forgets', async () => {
    const store = open()
    expect(await store.get('k')).toBeNull()
    expect(await store.length('k')).toBe(0)
    await store.append('k', Uint8Array.of(1, 2))
    await store.append('k', Uint8Array.of(3))
    expect(await store.length('k')).toBe(3)
    expect(await store.get('k')).toEqual(Uint8Array.of(1, 2, 3))
    await store.put('k', Uint8Array.of(9))
    expect(await store.get('k')).toEqual(Uint8Array.of(9))
    await store.delete('k')
    await store.delete('k')
    expect(await store.get('k')).toBeNull()
  })
})

it('names a full disk for what it is', () => {
  expect(storeError(new DOMException('full', 'QuotaExceededError'), 'k').code).toBe('store.quota')
  expect(storeError(Object.assign(new Error('full'), { code: 'ENOSPC' }), 'k').code).toBe('store.quota')
  expect(storeError(new Error('odd'), 'k').code).toBe('store.corrupt')
})

describe('download', () => {
  it('fetches, reports progress, and does not fetch twice', async () => {
    const seen: number[] = []
    const options = { maxBytes: 1e9, sha256: await sha256(text) }
    const transfer = { cache, onProgress: ({ received, total }: { received: number; total: number | null }) => {
      seen.push(received)
      expect(total).toBe(text.length)
    } }
    const first = await download(server.url('ranges/a.txt'), options, transfer)
    expect(first.truncated).toBe(false)
    expect(Buffer.compare(first.bytes, text)).toBe(0)
    expect(seen.at(-1)).toBe(text.length)
    await download(server.url('ranges/a.txt'), options, transfer)
    expect(server.asked['/ranges/a.txt']).toHaveLength(1)
  })

  it('goes on where a transfer broke off', async () => {
    const { bytes } = await download(server.url('breaks/a.txt'), { maxBytes: 1e9 }, { cache })
    expect(Buffer.compare(bytes, text)).toBe(0)
    const [first, second] = server.asked['/breaks/a.txt']
    expect(first).toBe('bytes=0-999999999')
    expect(second).toBe(`bytes=${text.length >> 1}-999999999`)
  })

  it('believes a server that sends everything again', async () => {
    const url = server.url('fails/a.txt')
    await expect(download(url, { maxBytes: 1e9 }, { cache })).rejects.toMatchObject({ code: 'data.partial' })
    const whole: typeof fetch = (_input, init) => fetch(server.url('whole/a.txt'), init)
    const { bytes } = await download(url, { maxBytes: 1e9 }, { cache, fetch: whole })
    expect(server.asked['/whole/a.txt'][0]).toMatch(/^bytes=[1-9]/)
    expect(Buffer.compare(bytes, text)).toBe(0)
  })

  it('starts over when the file has changed in between', async () => {
    const url = server.url('fails/a.txt')
    await expect(download(url, { maxBytes: 1e9 }, { cache })).rejects.toMatchObject({ code: 'data.partial' })
    const changed: typeof fetch = (_input, init) => fetch(server.url('ranges/b.txt'), init)
    const { bytes } = await download(url, { maxBytes: 1e9 }, { cache, fetch: changed })
    expect(Buffer.compare(bytes, text.subarray(0, 20_000))).toBe(0)
  })

  it('gives up after three attempts, keeps what came, and gets nearer each time', async () => {
    const url = server.url('fails/a.txt')
    for (const tries of [3, 6]) {
      const error = await download(url, { maxBytes: 1e9 }, { cache }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'data.partial', hint: expect.stringContaining('goes on from there') })
      expect((error as { data: { received: number } }).data.received).toBeGreaterThan(text.length * (1 - 0.6 ** tries))
    }
  })

  it('asks again after a busy answer, and stops at maxBytes', async () => {
    const busy = await download(server.url('busy/a.txt'), { maxBytes: 1000 }, { cache })
    expect(busy.bytes).toEqual(text.slice(0, 1000))
    expect(busy.truncated).toBe(true)
    const whole = await download(server.url('whole/a.txt'), { maxBytes: 1000 }, { cache })
    expect(whole.bytes).toEqual(text.slice(0, 1000))
  })

  it('says so when the disk is full, and does not try again', async () => {
    const full = { ...cache, append: () => Promise.reject(storeError(new DOMException('', 'QuotaExceededError'), 'k')) }
    const going = download(server.url('ranges/a.txt'), { maxBytes: 1e9 }, { cache: full })
    await expect(going).rejects.toMatchObject({ code: 'store.quota' })
    expect(server.asked['/ranges/a.txt']).toHaveLength(1)
  })

  it('can be cancelled, and keeps what came', async () => {
    const stop = new AbortController()
    const going = download(server.url('ranges/a.txt'), { maxBytes: 1e9 },
      { cache, signal: stop.signal, onProgress: () => stop.abort() })
    await expect(going).rejects.toMatchObject({ name: 'AbortError' })
    const { bytes } = await download(server.url('ranges/a.txt'), { maxBytes: 1e9 }, { cache })
    expect(Buffer.compare(bytes, text)).toBe(0)
    expect(server.asked['/ranges/a.txt'].length).toBeGreaterThan(1)
  })
})

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
