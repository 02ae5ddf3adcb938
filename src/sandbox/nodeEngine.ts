import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** The bytes of QuickJS's WebAssembly file, from where the package is installed. */
export function readEngineFile(): Promise<Uint8Array<ArrayBuffer>> {
  const { resolve } = createRequire(import.meta.url)
  return readFile(resolve('@jitl/quickjs-ng-wasmfile-release-sync/wasm'))
}
