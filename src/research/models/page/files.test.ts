import { expect, test } from 'vitest'
import type { ByteCache } from '../../../data/byteCache'
import { memoryByteCache, storeError } from '../../../data/byteCache'
import { FILE_LIMITS, openModelFiles } from './files'
import type { LoadProgress } from './types'

const BASE = 'https://models.test/tiny/one/resolve/main/'
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251)

/** A server that honours ranges; `size` is what it says of a file, whatever it sends. */
function serve(files: Record<string, { bytes: Uint8Array; size?: number } | number>) {
  const asked: string[] = []
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const url = String(input)
    const range = new Headers(init?.headers).get('range') ?? ''
    asked.push(`${url.replace(BASE, '')} ${range}`)
    const file = files[url.replace(BASE, '')] ?? 404
    if (typeof file === 'number') return new Response(null, { status: file })
    const [from, to] = /bytes=(\d+)-(\d*)/.exec(range)!.slice(1).map(Number)
    const end = Math.min(file.bytes.length, to + 1)
    const headers = { 'content-range': `bytes ${from}-${end - 1}/${file.size ?? file.bytes.length}` }
    return new Response(file.bytes.slice(from, end), { status: 206, headers })
  }
  return { fetch, asked }
}

async function open(server: ReturnType<typeof serve>, cache: ByteCache = memoryByteCache(), limits = FILE_LIMITS) {
  const progress: LoadProgress[] = []
  const files = await openModelFiles(BASE, { cache, fetch: server.fetch, limits, onProgress: (each) => progress.push(each) })
  return { files, progress, get: async (path: string) => new Uint8Array(await (await files.fetch(BASE + path)).arrayBuffer()) }
}

test('files are fetched once, with progress over all; the next load asks the network for nothing, not even what is missing', async () => {
  const server = serve({ 'config.json': { bytes: bytesOf(10) }, 'onnx/model.onnx': { bytes: bytesOf(5000) } })
  const cache = memoryByteCache()
  const first = await open(server, cache)
  expect(await first.get('config.json')).toEqual(bytesOf(10))
  expect((await first.files.fetch(`${BASE}generation_config.json`)).status).toBe(404)
  expect(await first.get('onnx/model.onnx')).toEqual(bytesOf(5000))
  expect(first.progress.at(-1)).toEqual({ receivedBytes: 5010, totalBytes: 5010 })
  expect(await first.files.finish()).toEqual({ bytes: 5010, notKept: null })

  server.asked.length = 0
  const second = await open(server, cache)
  expect(await second.get('onnx/model.onnx')).toEqual(bytesOf(5000))
  expect((await second.files.fetch(`${BASE}generation_config.json`)).status).toBe(404)
  const probed = await second.files.fetch(`${BASE}config.json`, { headers: { Range: 'bytes=0-0' } })
  expect([probed.status, probed.headers.get('content-range')]).toEqual([206, 'bytes 0-0/10'])
  expect(server.asked).toEqual([])

  await second.files.forget()
  const third = await open(server, cache)
  await third.get('config.json')
  expect(server.asked).toHaveLength(1)
})

test('whether there is a file costs one byte', async () => {
  const server = serve({ 'onnx/model.onnx': { bytes: bytesOf(5000) } })
  const { files } = await open(server)
  const probe = (path: string) => files.fetch(BASE + path, { headers: { Range: 'bytes=0-0' } })
  expect((await probe('onnx/model.onnx')).headers.get('content-range')).toBe('bytes 0-0/5000')
  expect((await probe('onnx/model_q4.onnx')).status).toBe(404)
  expect(server.asked.every((line) => line.endsWith('bytes=0-0'))).toBe(true)
})

test('nothing but the model’s own files is fetched', async () => {
  const server = serve({})
  const { files } = await open(server)
  for (const url of ['https://models.test/other/two/resolve/main/config.json', 'https://evil.test/x', `${BASE}../../../secret`, 'https://models.test/tiny/one/resolve/mainline/x']) {
    await expect(files.fetch(url), url).rejects.toMatchObject({ code: 'controller.refused' })
  }
  expect(server.asked).toEqual([])
})

test('a file or a model that is too large is refused as soon as its size is known', async () => {
  const limits = { fileBytes: 4000, modelBytes: 6000, textBytes: 100 }
  const server = serve({
    'config.json': { bytes: bytesOf(50), size: 1e15 },
    'onnx/model.onnx': { bytes: bytesOf(50), size: 4001 },
    'onnx/a.onnx': { bytes: bytesOf(3500) },
    'onnx/b.onnx': { bytes: bytesOf(3500) },
    'onnx/c.onnx': { bytes: bytesOf(3500) },
  })
  const refused = { code: 'controller.refused', message: expect.stringContaining('larger than'), hint: expect.stringContaining('smaller model') }
  const { get } = await open(server, memoryByteCache(), limits)
  await expect(get('config.json')).rejects.toMatchObject(refused)
  await expect(get('onnx/model.onnx')).rejects.toMatchObject(refused)
  const whole = await open(server, memoryByteCache(), limits)
  await whole.get('onnx/a.onnx')
  await expect(whole.get('onnx/b.onnx')).rejects.toMatchObject(refused)
})

test('a storage that is full is named, and keeps no model from running', async () => {
  const full = memoryByteCache()
  full.append = async (key) => {
    throw storeError(new DOMException('no room', 'QuotaExceededError'), key)
  }
  const server = serve({ 'config.json': { bytes: bytesOf(10) }, 'onnx/model.onnx': { bytes: bytesOf(5000) } })
  const { get, files } = await open(server, full)
  expect(await get('config.json')).toEqual(bytesOf(10))
  expect(await get('onnx/model.onnx')).toEqual(bytesOf(5000))
  const { bytes, notKept } = await files.finish()
  expect(bytes).toBe(5010)
  expect(notKept).toMatchObject({ code: 'store.quota' })
})

test('a private model is an answer, a server in trouble a failure with a name', async () => {
  const { files } = await open(serve({ 'config.json': 401, 'tokenizer.json': 503 }))
  expect((await files.fetch(`${BASE}config.json`)).status).toBe(401)
  await expect(files.fetch(`${BASE}tokenizer.json`)).rejects.toMatchObject({ code: 'data.fetch', data: { status: 503 } })
})
