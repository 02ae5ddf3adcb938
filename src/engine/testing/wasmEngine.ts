// Engines without a GPU for tests: threads are real ones, their script built once a file.

import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { afterAll } from 'vitest'
import type { Engine } from '../backends/backend'
import { openWasm } from '../backends/wasm/engine'
import { assembly } from '../backends/wasm/build/assemblyPlugin.mjs'
import { nodeHost } from '../backends/wasm/nodeHost'
// Node 20 has relaxed arithmetic behind a flag, which is set there
import './wasm'

const folder = join('node_modules', '.cache', `kernel-thread-${process.pid}`)
const engines = new Map<string, Promise<Engine>>()
const built = new Map<string, Promise<URL>>()

/** Builds an entry of its own, such as a thread's, once. @param source from the root of the project */
export function builtScript(source: string): Promise<URL> {
  const name = `${basename(source, '.ts')}.js`
  const known = built.get(name)
  if (known) return known
  const rollupOptions = { output: { entryFileNames: name, codeSplitting: false } }
  const options = { ssr: source, outDir: folder, emptyOutDir: false, rollupOptions }
  const script = build({ configFile: false, logLevel: 'error', publicDir: false, plugins: [assembly()], build: options })
  const address = script.then(() => pathToFileURL(join(folder, name)))
  built.set(name, address)
  return address
}

/** The script of a thread. */
export function threadScript(): Promise<URL> {
  return builtScript('src/engine/backends/wasm/kernelThread.ts')
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
  rmSync(folder, { recursive: true, force: true })
})
