// A model's files: fetched from its one address only, bounded, kept in this browser, and going on where they broke off.
// What transformers.js asks for goes through `fetch` here, so that nothing else is reached and nothing is unbounded.

import { LabError } from '../../../core/errors'
import type { ByteCache } from '../../../data/byteCache'
import { memoryByteCache } from '../../../data/byteCache'
import { download, keyOf } from '../../../data/download'
import { requestRange } from '../../../data/request'
import type { LoadProgress } from './types'

export interface FileLimits {
  /** one file; the browser's buffers end near it */
  fileBytes: number
  /** all files of a model; WebAssembly's memory ends there */
  modelBytes: number
  /** configuration and tokenizer */
  textBytes: number
}

export const FILE_LIMITS: FileLimits = { fileBytes: 2e9, modelBytes: 4e9, textBytes: 1e8 }

/** What is kept of a model besides its files, so that the next load asks the network for nothing. */
interface Manifest {
  files: string[]
  /** files that the server said it does not have */
  missing: string[]
}

/** What transformers.js reads of a response; the bytes are handed over as they are, a Response would copy them. */
type Answer = Pick<Response, 'ok' | 'status' | 'headers'> & { arrayBuffer(): Promise<ArrayBuffer> }

export interface ModelFiles {
  /** In place of the global fetch, for files of this model only. */
  fetch(input: string | URL, init?: { headers?: HeadersInit }): Promise<Answer | Response>
  /** Notes what the model was made of; called once it has loaded. */
  finish(): Promise<{ bytes: number; notKept: LabError | null }>
  forget(): Promise<void>
}

interface FilesDeps {
  cache: ByteCache
  onProgress: (progress: LoadProgress) => void
  fetch?: typeof globalThis.fetch
  limits?: FileLimits
}

/** @param base address of the model's folder, with a slash at its end */
export async function openModelFiles(base: string, { cache, onProgress, fetch = globalThis.fetch, limits = FILE_LIMITS }: FilesDeps): Promise<ModelFiles> {
  const manifestKey = `model-${await keyOf(base)}`
  const manifest = await readManifest(cache, manifestKey)
  const missing = new Set(manifest.missing)
  const progress = new Map<string, { received: number; total: number | null }>()
  let notKept: LabError | null = null

  function report(url: string, received: number, total: number | null): void {
    progress.set(url, { received, total })
    const all = [...progress.values()]
    const receivedBytes = all.reduce((sum, file) => sum + file.received, 0)
    const known = all.reduce((sum, file) => sum + (file.total ?? file.received), 0)
    if (known > limits.modelBytes) throw tooLarge(base, limits.modelBytes)
    onProgress({ receivedBytes, totalBytes: all.some(({ total: t }) => t === null) ? null : known })
  }

  const limitOf = (url: string) => (/\.onnx(_data(_\d+)?)?$/.test(new URL(url).pathname) ? limits.fileBytes : limits.textBytes)
  const keptAs = (url: string) => keyOf(`${url}\n${limitOf(url)}`)

  async function whole(url: string): Promise<Uint8Array> {
    const maxBytes = limitOf(url)
    const onPart = ({ received, total }: { received: number; total: number | null }) => {
      if ((total ?? received) >= maxBytes) throw tooLarge(url, maxBytes)
      report(url, received, total)
    }
    // a full disk must not keep a model from running: it is only fetched again next time
    const stores = notKept ? [memoryByteCache()] : [cache, memoryByteCache()]
    for (const store of stores) {
      try {
        const { bytes, truncated } = await download(url, { maxBytes }, { cache: store, fetch, onProgress: onPart })
        if (truncated) throw tooLarge(url, maxBytes)
        report(url, bytes.length, bytes.length)
        return bytes
      } catch (thrown) {
        if (!(thrown instanceof LabError && thrown.code === 'store.quota' && store === cache)) throw thrown
        notKept = thrown
        await forgetFile(cache, await keptAs(url))
      }
    }
    throw notKept
  }

  return {
    async fetch(input, init) {
      const url = new URL(input).href
      if (!url.startsWith(base)) {
        throw new LabError('controller.refused', `The model asked for ${url}, which is not one of its own files.`, {
          hint: 'Choose another model: this one wants to reach beyond its own address.',
        })
      }
      if (missing.has(url)) return new Response(null, { status: 404 })
      try {
        if (new Headers(init?.headers).has('range')) return await probe(url)
        const bytes = await whole(url)
        const headers = new Headers({ 'content-length': String(bytes.length) })
        return { ok: true, status: 200, headers, arrayBuffer: async () => bytes.buffer as ArrayBuffer }
      } catch (thrown) {
        const status = thrown instanceof LabError ? Number(thrown.data.status) : NaN
        if (status === 404) missing.add(url)
        else if (status !== 401 && status !== 403) throw thrown
        return new Response(null, { status })
      }
    },
    async finish() {
      const files = [...progress.keys()]
      const text = JSON.stringify({ files, missing: [...missing] } satisfies Manifest)
      if (!notKept) await cache.put(manifestKey, new TextEncoder().encode(text))
      return { bytes: [...progress.values()].reduce((sum, file) => sum + file.received, 0), notKept }
    },
    async forget() {
      for (const url of manifest.files) await forgetFile(cache, await keptAs(url))
      await cache.delete(manifestKey)
    },
  }

  /** Whether there is such a file: its first byte, not asked of the network when the file is kept. */
  async function probe(url: string): Promise<Response> {
    const keptBytes = await cache.length(await keptAs(url))
    if (keptBytes > 0) return new Response('x', { status: 206, headers: { 'content-range': `bytes 0-0/${keptBytes}` } })
    const response = await requestRange(fetch, url, 0, 1)
    if (response.status === 200) await response.body?.cancel() // the whole file is on its way
    return new Response(response.status === 206 ? await response.arrayBuffer() : null, response)
  }
}

async function readManifest(cache: ByteCache, key: string): Promise<Manifest> {
  const bytes = await cache.get(key)
  return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as Manifest) : { files: [], missing: [] }
}

async function forgetFile(cache: ByteCache, key: string): Promise<void> {
  for (const entry of [key, `${key}.part`, `${key}.json`]) await cache.delete(entry)
}

const tooLarge = (what: string, limit: number): LabError =>
  new LabError('controller.refused', `${what} is larger than the ${(limit / 1e9).toFixed(1)} GB that can be loaded into a page.`, {
    hint: 'Choose a smaller model, or one with smaller weights (its name often ends in the number of its parameters: 0.6B is small).',
    data: { limitBytes: limit },
  })
