// LDK's WebAssembly in Node: the installed package's own file.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** For loadLdk in Node. */
export async function readLdkWasm(): Promise<Uint8Array> {
  const folder = dirname(createRequire(import.meta.url).resolve('lightningdevkit'))
  return readFile(join(folder, 'liblightningjs.wasm'))
}
