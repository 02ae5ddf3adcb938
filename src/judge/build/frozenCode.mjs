// What names the code that a score depends on: kernels, engine, data and judge. Vite puts it into every build as
// __FROZEN_CODE__ (`define`), so page, workers, Node and tests of one source tree carry the same name.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const FOLDERS = ['shaders', 'src/core', 'src/data', 'src/engine', 'src/graph', 'src/judge']
/** no part of any score: tests and what they need */
const LEFT_OUT = /\.test\.ts$|\/testing\/|\.d\.m?ts$|\/sample(Graphs|Kernels)\.ts$|\/testServer\.ts$/

/** @returns {string[]} paths of the files, from the root, with forward slashes, sorted */
export function frozenFiles() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/')),
  )
    .filter((path) => !LEFT_OUT.test(path))
    .sort()
}

/**
 * SHA-256 over those files and the versions of the compiler of the WebAssembly kernels and of the parser of custom
 * kernels, as hex. Line ends do not count: a checkout may have made others of them.
 */
export function frozenCode() {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const hash = createHash('sha256').update(`assemblyscript ${devDependencies.assemblyscript} wgsl_reflect ${dependencies.wgsl_reflect}\n`)
  for (const path of frozenFiles()) {
    const text = readFileSync(join(ROOT, path), 'utf8').replaceAll('\r\n', '\n')
    hash.update(`${path} ${text.length}\n${text}`)
  }
  return hash.digest('hex')
}

/** For `define` of a Vite build. */
export const defineFrozenCode = () => ({ __FROZEN_CODE__: JSON.stringify(frozenCode()) })
