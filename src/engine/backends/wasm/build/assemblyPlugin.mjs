// Vite plugin: `import('kernels:relaxed')` is a module whose default export is the compiled kernels as base64 text.
// Text, because that is the same in a page, a worker, Node and the tests, and needs no address to fetch from; it is
// its own chunk, loaded when asked for. Variants: relaxed or plain arithmetic, each also "-shared" for shared memory.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))
const SOURCES = join(HERE, '..', 'assembly')
const ROOT = join(HERE, ...Array(5).fill('..'))
const CACHE = join(ROOT, '.cache', 'assembly')
const VERSION = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies.assemblyscript

export const VARIANTS = ['relaxed', 'plain', 'relaxed-shared', 'plain-shared']

const sourceFiles = () => readdirSync(SOURCES).map((name) => join(SOURCES, name))

/**
 * Compiles the kernels, or takes them from the cache, which is named after the sources.
 * @param {string} variant one of VARIANTS
 * @returns {Promise<Uint8Array>}
 */
export async function compileAssembly(variant) {
  if (!VARIANTS.includes(variant)) throw new Error(`no kernels "${variant}"; there are ${VARIANTS.join(', ')}`)
  const hash = createHash('sha256').update(`${VERSION}\n${readFileSync(fileURLToPath(import.meta.url), 'utf8')}`)
  for (const path of sourceFiles()) hash.update(readFileSync(path))
  const kept = join(CACHE, `${hash.digest('hex').slice(0, 16)}-${variant}.wasm`)
  if (existsSync(kept)) return readFileSync(kept)

  const { main } = await import('assemblyscript/asc')
  let bytes = null
  const { error, stderr } = await main(
    [
      'index.ts', '--baseDir', SOURCES, '--outFile', 'kernels.wasm', '-O3', '--noAssert', '--runtime', 'stub',
      '--importMemory', '--enable', 'simd', '--use', `RELAXED=${variant.startsWith('relaxed') ? 1 : 0}`,
      ...(variant.startsWith('relaxed') ? ['--enable', 'relaxed-simd'] : []),
      ...(variant.endsWith('-shared') ? ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'] : []),
    ],
    {
      writeFile: (_name, contents) => {
        bytes = contents
      },
    },
  ) // prettier-ignore
  if (error || !bytes) throw new Error(`the kernels do not compile:\n${stderr}`, { cause: error })
  mkdirSync(CACHE, { recursive: true })
  const aside = `${kept}.${process.pid}`
  writeFileSync(aside, bytes)
  renameSync(aside, kept)
  return bytes
}

/** @returns {import('vite').Plugin} */
export function assembly() {
  const prefix = '\0kernels:'
  return {
    name: 'assembly',
    resolveId: (id) => (id.startsWith('kernels:') ? `\0${id}` : null),
    async load(id) {
      if (!id.startsWith(prefix)) return null
      for (const path of sourceFiles()) this.addWatchFile(path)
      const bytes = await compileAssembly(id.slice(prefix.length))
      return `export default '${Buffer.from(bytes).toString('base64')}'`
    },
  }
}
