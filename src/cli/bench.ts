// npm run bench: our engine and the other browser frameworks on the same model, on this machine, in one run.
// Nothing here is asserted, except that everyone computes the same model.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { NO_CHROMIUM } from '../../.ci/chromium.mjs'
import { loadCorpus } from '../data/corpus'
import { nodeByteCache } from '../data/nodeCache'
import { DATASET_PRESETS } from '../data/presets'
import { joinDocuments } from '../data/splits'
import { createBox } from '../sandbox/box'
import { defaultProgram } from '../sandbox/defaultProgram'
import { openBrowser, type BenchBrowser } from './benchBrowser'
import type { Setup, Texts } from './benchContestant'
import { comparisonProgram, COMPARISON, stepFlops } from './benchModels'
import { nodeCeiling, nodeContestant, type NodeContestant } from './benchNode'
import { FULL, learn, learnRecipe, race, SHORT, within, type Entry } from './benchRun'
import { reportText, type BenchReport, type ModelReport } from './benchTable'

const HELP = `Usage: npm run bench -- [options]

Races our engine against jax-js and TensorFlow.js on one small GPT, in Chromium and in Node.

  --short            fewer and shorter turns: under 3 minutes; without tfjs webgpu, whose step takes 10 s and more
  --only A,B         only contestants whose names begin so: ours, "ours, Node", "ours, Chromium WASM", jax-js,
                     "jax-js webgpu", tfjs, …
  --learn            also train each for 30 s on the same text and compare bits per byte; and the lab's default
                     program, as the lab trains it
  --seconds N        that many instead of 30
  --train FILE       text to learn from, with --val FILE (default: the built-in stories)
  --profile          only ours in Node, kernel by kernel
  --json             print JSON instead of tables
  --out FILE         also write the JSON there
  --help             this text`

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean' },
    only: { type: 'string' },
    learn: { type: 'boolean' },
    seconds: { type: 'string', default: '30' },
    train: { type: 'string' },
    val: { type: 'string' },
    profile: { type: 'boolean' },
    json: { type: 'boolean' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (options.help) {
  console.log(HELP)
  process.exit(0)
}
if ((options.train === undefined) !== (options.val === undefined)) fail('--train and --val go together.')
const seconds = Number(options.seconds)
if (!(seconds > 0)) fail(`--seconds cannot be "${options.seconds}".`)
const only = options.profile ? ['ours, Node'] : (options.only ?? '').split(/,(?! )/).filter(Boolean)
const wanted = (name: string) => only.length === 0 || only.some((start) => name.startsWith(start.trim()))
const lengths = options.short ? SHORT : FULL
const say = (line: string) => process.stderr.write(`${line}\n`)

const root = packageRoot()
const browser = options.profile ? null : await openBrowser(root)
if (!browser && !options.profile) say(`${NO_CHROMIUM}\nWithout one, only our engine in Node is measured.`)

const leftOut: string[] = []
const entries = [...(browser ? pageEntries(browser) : []), ...nodeEntries()].filter(({ name }) => wanted(name) && !tooSlow(name))
if (entries.length === 0) fail(`No contestant is called ${options.only}.`)
const threads = cpus().length
say("the processor's ceiling")
const rates = await within(lengths.limitMs, browser ? browser.ceiling(threads, 1000) : nodeCeiling(threads, 1000))

const comparison: Setup = { program: comparisonProgram(), vocab: COMPARISON.V, seed: 1 }
const byDefault = await defaultSetup()
const models: ModelReport[] = [
  await raceModel('comparison model', comparison, entries, !options.profile),
  await raceModel('our default model', byDefault, entries.filter(({ name }) => name.startsWith('ours')), false),
].filter(({ rows }) => rows.length > 0)
if (options.learn) {
  browser?.give(await texts())
  const { rows } = models[0]
  leftOut.push(...(await learn(entries, comparison, seconds, rows, lengths.limitMs, say)))
  for (const entry of recipeEntries()) rows.push(await learnRecipe(entry, byDefault, comparison.program.batch, seconds, lengths.limitMs, say))
}
await browser?.close()

const report: BenchReport = {
  machine: { cpu: cpus()[0].model, cores: threads, node: process.versions.node, chromium: browser?.version ?? null },
  lengths,
  ceiling: { gflops: rates.reduce((sum, { gflops }) => sum + gflops, 0), threads, fused: rates.every(({ fused }) => fused) },
  models,
  leftOut,
}
if (options.out) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`)
console.log(options.json ? JSON.stringify(report) : reportText(report))
process.exit(models[0].rows.some(({ note }) => note !== null) ? 1 : 0)

async function raceModel(model: string, setup: Setup, entries: readonly Entry[], products: boolean): Promise<ModelReport> {
  const { rows: B, context, accumulate } = setup.program.batch
  say(model)
  const rows = await race(entries, setup, lengths, products, say, async (_, contestant) => {
    if (options.profile) await (contestant as NodeContestant).ask('profile', model)
  })
  return { model, gflopPerStep: stepFlops(setup.program) / 1e9, tokensPerStep: B * context * accumulate, rows }
}

function pageEntries(browser: BenchBrowser): Entry[] {
  const entry = (name: string, framework: string, isolated: boolean): Entry => ({ name, open: () => browser.open(framework, isolated) })
  return [
    entry('ours, Chromium WebGPU', 'ours webgpu', true),
    entry('ours, Chromium WASM, 1 thread', 'ours wasm, 1 thread', false),
    entry('ours, Chromium WASM, threads', 'ours wasm, threads', true),
    entry('ours, Chromium WASM, replicas', 'ours wasm, threads', false),
    entry('jax-js webgpu', 'jax-js webgpu', true),
    entry('jax-js wasm, 1 thread', 'jax-js wasm', false),
    entry('jax-js wasm, threads', 'jax-js wasm', true),
    entry('tfjs wasm, threads', 'tfjs wasm', true),
    entry('tfjs webgpu', 'tfjs webgpu', true),
  ]
}

function nodeEntries(): Entry[] {
  return [
    { name: 'ours, Node WebGPU', open: async () => nodeContestant('webgpu', texts) },
    { name: 'ours, Node WASM, threads', open: async () => nodeContestant('wasm', texts) },
  ]
}

/** What a short race cannot wait for, unless it was asked for by name. */
function tooSlow(name: string): boolean {
  if (!options.short || name !== 'tfjs webgpu' || only.includes(name)) return false
  leftOut.push(`${name}: left out of --short, as one step takes 10 s and more on a software adapter; --only "${name}" runs it`)
  return true
}

/** Who trains the lab's default program: in the browser, if there is one. */
function recipeEntries(): Entry[] {
  const place = browser ? 'Chromium' : 'Node'
  return ['WASM, threads', 'WebGPU'].flatMap((kind) => {
    const own = entries.filter(({ name }) => name === `ours, ${place} ${kind}`)
    return own.map(({ open }) => ({ name: `the lab's default program, ${place} ${kind}`, open }))
  })
}

/** The default program of the tier of this adapter; without one, of the lowest. */
async function defaultSetup(): Promise<Setup> {
  const node = nodeContestant('webgpu', texts)
  const tier = await within(lengths.limitMs, node.ask('tier')).catch(() => 'software' as const)
  await node.close()
  const vocab = 260
  const box = await createBox()
  const program = await box.describe({ source: defaultProgram(tier), vocab, tier })
  box.close()
  return { program, vocab, seed: 1 }
}

/** The text of --train and --val, or the built-in stories. */
async function texts(): Promise<Texts> {
  if (options.train !== undefined && options.val !== undefined) {
    return { train: new Uint8Array(readFileSync(options.train)), val: new Uint8Array(readFileSync(options.val)) }
  }
  const { splits } = await loadCorpus(DATASET_PRESETS[0].source, { cache: nodeByteCache(join(root, '.cache', 'data')) })
  const [train, val] = [splits.train, splits.val].map(({ documents, byteCount }) => joinDocuments(documents, byteCount))
  return { train, val }
}

/** The package's folder, wherever below it this was built. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

function fail(message: string): never {
  console.error(`${message} See npm run bench -- --help.`)
  process.exit(2)
}
