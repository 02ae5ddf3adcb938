// Engines without a GPU for tests: threads are real ones, their script built once a file.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { afterAll } from 'vitest'
import type { Engine } from '../backends/backend'
import { openWasm } from '../backends/wasm/engine'
import { nodeHost } from '../backends/wasm/nodeHost'
// Node 20 has relaxed arithmetic behind a flag, which is set there
import './wasm'

const folder = join('node_modules', '.cache', `kernel-thread-${process.pid}`)
const engines = new Map<string, Promise<Engine>>()
let built: Promise<URL> | null = null

/** Builds the script of a thread. */
export function threadScript(): Promise<URL> {
  built ??= (async () => {
    const output = { entryFileNames: 'kernelThread.js' }
    const ssr = 'src/engine/backends/wasm/kernelThread.ts'
    await build({ configFile: false, logLevel: 'error', publicDir: false, build: { ssr, outDir: folder, rollupOptions: { output } } })
    return pathToFileURL(join(folder, 'kernelThread.js'))
  })()
  return built
}

/** The engine that every test of this file shares, by how it computes. */
export function openWasmEngine(threads: number, shared: boolean): Promise<Engine> {
  const key = `${threads} ${shared}`
  let engine = engines.get(key)
  if (!engine) engines.set(key, (engine = threadScript().then((script) => openWasm(nodeHost(script, threads, shared)))))
  return engine
}

afterAll(async () => {
  for (const engine of engines.values()) (await engine).destroy()
  if (built) rmSync(folder, { recursive: true, force: true })
})
