// npm test: everything that must hold before a change is kept, stage by stage. `node .ci/test.mjs unit` runs one.
// Prints a line per stage, the whole output of one that fails, and the counts as the very last line.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findVulkan, NO_VULKAN } from '../src/cli/findVulkan.mjs'
import { ensureChromium, NO_CHROMIUM } from './chromium.mjs'
import { FIRST_LOAD_LIMIT_BYTES, firstLoad, WORKERS_LIMIT_BYTES, workersLoad } from './firstLoad.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'assay-test-'))
const comparisonsFile = join(scratch, 'comparisons')
const env = { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ASSAY_COMPARISONS: comparisonsFile }
const running = new Set()

/**
 * Runs a program of node_modules to its end, or to the limit, with everything it starts.
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(program, args, limitSeconds) {
  const path = program === 'node' ? process.execPath : join(ROOT, 'node_modules', '.bin', program)
  return new Promise((done) => {
    const windows = process.platform === 'win32'
    const stdio = ['ignore', 'pipe', 'pipe']
    const child = spawn(path, args, { cwd: ROOT, env, detached: !windows, shell: windows, stdio })
    let output = ''
    const end = (code) => {
      clearTimeout(timer)
      running.delete(child)
      done({ code, output })
    }
    const timer = setTimeout(() => {
      output += `\nstopped: not finished after ${limitSeconds} s`
      stop(child)
    }, limitSeconds * 1000)
    running.add(child)
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (output += text))
    child.on('error', (error) => {
      output += error.message
      end(127)
    })
    child.on('close', (code, signal) => {
      if (signal) output += `\nended by ${signal}`
      end(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}

/** Ends a program and all it started: each runs as the leader of a process group of its own. */
function stop(child) {
  if (child.exitCode !== null || child.pid === undefined) return
  if (process.platform === 'win32') child.kill()
  else process.kill(-child.pid, 'SIGKILL')
}

/** One program, one check. */
async function check(program, args, limitSeconds) {
  const { code, output } = await run(program, args, limitSeconds)
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output }
}

/** Reads a test runner's JSON; one that ended badly without naming a failure counts as one failure. */
function count(name, { code, output }, file, read) {
  if (!existsSync(file)) return { passed: 0, failed: 1, output }
  const result = { skipped: 0, notes: [], output, ...read(JSON.parse(readFileSync(file, 'utf8'))) }
  if (code !== 0 && result.failed === 0) {
    result.failed = 1
    result.notes.push(`${name} ended with code ${code} although no test failed`)
  }
  return result
}

function readVitest({ testResults }) {
  const tests = testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })))
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const skipped = tests.filter((test) => !['passed', 'failed'].includes(test.status))
  const suites = new Map()
  for (const { file, ancestorTitles, title } of skipped) {
    const suite = `${relative(ROOT, file)}: ${ancestorTitles[0] ?? title}`
    suites.set(suite, (suites.get(suite) ?? 0) + 1)
  }
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: tests.filter((test) => test.status === 'failed').length + broken.length,
    skipped: skipped.length,
    notes: [...suites].map(([suite, tests]) => `skipped: ${suite} (${tests})`),
  }
}

function readPlaywright({ stats, errors, suites }) {
  const titles = []
  const walk = (suite, path) => {
    for (const inner of suite.suites ?? []) walk(inner, [...path, inner.title])
    for (const spec of suite.specs ?? []) {
      if (spec.tests.every((test) => test.status === 'skipped')) titles.push([...path, spec.title].join(' › '))
    }
  }
  for (const suite of suites) walk(suite, [suite.title])
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + (stats.unexpected + stats.flaky === 0 ? errors.length : 0),
    skipped: stats.skipped,
    notes: titles.map((title) => `skipped: ${title}`),
  }
}

async function unit() {
  const vulkan = findVulkan()
  Object.assign(env, vulkan.env)
  const probe = "import('webgpu').then(({ create }) => create([]).requestAdapter())" +
    ".then((adapter) => { console.log(adapter ? 'adapter' : 'none'); process.exit() })"
  const { output: adapter } = await run('node', ['--input-type=module', '-e', probe], 60)
  const file = join(scratch, 'vitest.json')
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const result = count('vitest', await run('vitest', args, 1200), file, readVitest)
  const rows = existsSync(comparisonsFile) ? readFileSync(comparisonsFile, 'utf8').trim().split('\n') : []
  const compared = rows.reduce((sum, row) => sum + Number(row.split('\t')[0]), 0)
  const notes = [`${compared} tensors of kernels compared with the reference in ${rows.length} suites`]
  if (!adapter.includes('adapter')) notes.push(vulkan.kind === 'none' ? NO_VULKAN : 'Dawn found no WebGPU adapter.')
  else if (compared === 0) {
    result.failed++
    notes.push('there is a WebGPU adapter, but not one kernel was compared with the reference')
  }
  return { ...result, notes: [...notes, ...(result.notes ?? [])] }
}

async function build() {
  const result = { ...(await check('vite', ['build', '--logLevel', 'warn'], 180)), notes: [] }
  if (result.failed) return result
  const loads = [
    { what: 'first load', files: firstLoad(join(ROOT, 'dist')), limit: FIRST_LOAD_LIMIT_BYTES },
    { what: 'workers that start with the page', files: workersLoad(join(ROOT, 'dist')), limit: WORKERS_LIMIT_BYTES },
  ]
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
  for (const { what, files, limit } of loads) {
    const total = files.reduce((sum, file) => sum + file.gzipBytes, 0)
    result.notes.push(`${what}: ${kilobytes(total)} gzipped of at most ${kilobytes(limit)}`)
    if (total <= limit) {
      result.passed++
      continue
    }
    result.failed++
    result.output = `${what}: too heavy\n${files.map(({ name, gzipBytes }) => `${kilobytes(gzipBytes)}\t${name}`).join('\n')}\n${result.output}`
  }
  return result
}

async function journeys() {
  if (!env.CHROMIUM_PATH) return { passed: 0, failed: 1, output: NO_CHROMIUM }
  const pages = await run('vite', ['build', '--config', 'e2e/kernels/vite.config.ts', '--logLevel', 'warn'], 120)
  if (pages.code !== 0) return { passed: 0, failed: 1, output: pages.output }
  const file = join(scratch, 'playwright.json')
  env.PLAYWRIGHT_JSON_OUTPUT_NAME = file
  const args = ['test', '--config', 'e2e/playwright.config.ts', '--reporter=list,json']
  return count('playwright', await run('playwright', args, 900), file, readPlaywright)
}

const STAGES = {
  types: () => check('tsc', ['--noEmit'], 180),
  lint: () => check('oxlint', [], 60),
  build,
  unit,
  journeys,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in STAGES))
if (unknown.length > 0) {
  console.log(`No stage ${unknown.join(', ')}; there are ${Object.keys(STAGES).join(', ')}.`)
  process.exit(2)
}
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    running.forEach(stop)
    process.exit(128 + constants.signals[signal])
  })
}

const names = wanted.length > 0 ? wanted : Object.keys(STAGES)
// kernels in Node borrow Chromium's software driver, so it must be there before them
if (names.includes('unit') || names.includes('journeys')) env.CHROMIUM_PATH = ensureChromium() ?? ''
const total = { passed: 0, failed: 0, skipped: 0 }
for (const name of names) {
  console.log(`── ${name} …`)
  const started = Date.now()
  const { passed, failed, skipped = 0, notes = [], output } = await STAGES[name]().catch((error) => {
    return { passed: 0, failed: 1, output: error.stack }
  })
  if (failed > 0) console.log(output.trimEnd())
  for (const note of notes) console.log(`   ${note}`)
  console.log(`   ${name}: ${summary({ passed, failed, skipped })} in ${((Date.now() - started) / 1000).toFixed(0)} s`)
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}
process.exitCode = total.failed > 0 ? 1 : 0
console.log(summary(total))

function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
