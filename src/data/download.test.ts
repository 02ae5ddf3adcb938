import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../core/hash'
import { memoryByteCache, storeError } from './byteCache'
import type { ByteCache } from './byteCache'
import { download } from './download'
import { SAMPLE_TEXT as text, startTestServer } from './testServer'

const server = await startTestServer({ 'a.txt': text, 'b.txt': text.slice(0, 20_000) })
afterAll(() => server.close())

let cache: ByteCache
beforeEach(() => {
  cache = memoryByteCache()
  for (const path of Object.keys(server.asked)) delete server.asked[path]
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
