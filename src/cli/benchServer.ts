// The benchmark's page, built in memory and served on loopback. Nothing of it is in dist/.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Rollup } from 'vite'

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }
/** what gives a page SharedArrayBuffer, and so threads to WASM */
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

export interface BenchServer {
  /** address of the page, cross-origin isolated or not */
  page(isolated: boolean): string
  /** Serves bytes under a name, too. */
  add(name: string, bytes: Uint8Array): void
  close(): void
}

/** @param root the package's folder */
export async function serveBench(root: string): Promise<BenchServer> {
  const { build } = await import('vite')
  // where it lies: it compiles the sources beside it
  const plugin = pathToFileURL(join(root, 'src', 'engine', 'backends', 'wasm', 'build', 'assemblyPlugin.mjs')).href
  const { assembly } = (await import(/* @vite-ignore */ plugin)) as typeof import('../engine/backends/wasm/build/assemblyPlugin.mjs')
  const built = (await build({
    root: join(root, 'e2e', 'bench'),
    configFile: false,
    base: './',
    publicDir: false,
    logLevel: 'error',
    plugins: [assembly()],
    worker: { format: 'es', plugins: () => [assembly()] },
    // unminified: TensorFlow.js turns one of its functions into text to start its threads, and relies on the names in it
    build: { target: 'es2023', write: false, minify: false, chunkSizeWarningLimit: 10_000 },
  })) as Rollup.RollupOutput
  const files = new Map<string, string | Uint8Array>()
  for (const file of built.output) files.set(file.fileName, file.type === 'chunk' ? file.code : file.source)
  const wasm = join(root, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist')

  const server = createServer((request, response) => {
    const [, kind, ...path] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')
    const name = path.join('/') || 'index.html'
    const body = /^tfjs-backend-wasm[\w-]*\.wasm$/.test(name) ? readFileSync(join(wasm, name)) : files.get(name)
    const headers = { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', ...(kind === 'isolated' ? ISOLATED : {}) }
    response.writeHead(body === undefined ? 404 : 200, headers).end(body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    page: (isolated) => `http://127.0.0.1:${port}/${isolated ? 'isolated' : 'plain'}/`,
    add: (name, bytes) => void files.set(name, bytes),
    close: () => server.close(),
  }
}
