// node src/cli/launch.mjs <command> [arguments]: builds the lab's Node bundle if its sources have changed, finds a
// Vulkan driver, and runs the command with both. Plain JavaScript, because it is what runs before anything is built.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { assembly } from '../engine/backends/wasm/build/assemblyPlugin.mjs'
import { defineFrozenCode } from '../judge/build/frozenCode.mjs'
import { findVulkan, NO_VULKAN } from './findVulkan.mjs'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const BUILDS = join(ROOT, '.cache', 'node')
const COMMANDS = ['lab', 'bench', 'attacks'].filter((name) => existsSync(join(ROOT, 'src', 'cli', `${name}.ts`)))
const DAY_MS = 24 * 3600 * 1000

/** @param {string} folder @returns {string[]} every file below it, sorted */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/**
 * Builds the commands, and the *Thread.ts and *Child.ts that they start, side by side.
 * A build is named after its sources, so a running lab keeps its own while another is made.
 * @returns {Promise<string>} the folder of the build
 */
export async function buildNode() {
  const sources = ['src', 'shaders', 'public'].flatMap((name) => filesBelow(join(ROOT, name)))
  const stamp = createHash('sha256')
  for (const path of [...sources, join(ROOT, 'package-lock.json')]) {
    const { size, mtimeMs } = statSync(path)
    stamp.update(`${relative(ROOT, path)}:${size}:${mtimeMs}\n`)
  }
  const target = join(BUILDS, stamp.digest('hex').slice(0, 16))
  if (existsSync(target)) return target

  const started = sources.filter((path) => /(Thread|Child)\.ts$/.test(path))
  const entries = [...COMMANDS.map((name) => join(ROOT, 'src', 'cli', `${name}.ts`)), ...started]
  const aside = `${target}.${process.pid}`
  const { build } = await import('vite')
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    define: defineFrozenCode(),
    plugins: [assembly()],
    build: {
      ssr: true,
      target: 'node20',
      outDir: aside,
      copyPublicDir: false,
      rollupOptions: {
        input: Object.fromEntries(entries.map((path) => [basename(path, '.ts'), path])),
        output: { entryFileNames: '[name].js' },
      },
    },
  })
  if (existsSync(target)) rmSync(aside, { recursive: true })
  else renameSync(aside, target)
  for (const name of readdirSync(BUILDS)) {
    const old = join(BUILDS, name)
    if (old !== target && Date.now() - statSync(old).mtimeMs > DAY_MS) rmSync(old, { recursive: true, force: true })
  }
  return target
}

/** @param {string | undefined} command @param {string[]} args */
async function launch(command, args) {
  if (!command || !COMMANDS.includes(command)) {
    console.error(`Say which command to run: ${COMMANDS.join(', ')}.`)
    process.exit(2)
  }
  const vulkan = findVulkan()
  if (vulkan.kind === 'none') console.error(NO_VULKAN)
  const folder = await buildNode().catch((/** @type {Error} */ error) => {
    console.error(`The lab could not be built:\n${error.message}`)
    process.exit(1)
  })
  const env = { ...process.env, ...vulkan.env }
  const child = spawn(process.execPath, [join(folder, `${command}.js`), ...args], { stdio: 'inherit', env })
  // the command itself decides how it ends
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`The command could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await launch(process.argv[2], process.argv.slice(3))
}
