import { rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { Worker as Thread } from 'node:worker_threads'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describe, modelWith, refusal } from './boxFixture'
import type { Box } from './contract'
import { asWorker, createThreadBox } from './nodeBox'
import { createWorkerBox } from './workerBox'

// inside the project, so that the built thread finds its packages
const OUT_DIR = `node_modules/.cache/box-thread-${process.pid}`
const script = pathToFileURL(`${OUT_DIR}/boxThread.js`)
const honest = modelWith('return head(x)')

let box: Box
beforeAll(async () => {
  const output = { entryFileNames: 'boxThread.js' }
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: { ssr: 'src/sandbox/boxThread.ts', outDir: OUT_DIR, rollupOptions: { output } },
  })
  box = createThreadBox(script)
})
afterAll(async () => {
  box.close()
  await rm(OUT_DIR, { recursive: true, force: true })
})

test('a thread describes programs, and refuses with code, line and advice intact', async () => {
  expect((await describe(box, honest)).graph.params.map((param) => param.name)).toEqual(['embed', 'head'])
  const error = await refusal(box, 'const a = 1\nDate.now()')
  expect(error).toMatchObject({ code: 'sandbox.forbidden', data: { line: 2 } })
  expect(error.hint).toContain('clock')
})

test('jobs asked for at once are answered each with its own', async () => {
  const rows = [1, 2, 3, 4]
  const programs = await Promise.all(
    rows.map((n) => describe(box, modelWith('return head(x)', `export const batch = { rows: ${n} }`))),
  )
  expect(programs.map((program) => program.batch.rows)).toEqual(rows)
})

test('a builtin that QuickJS cannot interrupt ends the thread, and the next job gets a new one', async () => {
  const started = performance.now()
  const error = await refusal(box, 'new Array(2 ** 32 - 1).indexOf(1)')
  expect(error.code).toBe('sandbox.timeout')
  expect(performance.now() - started).toBeLessThan(8000)
  expect((await describe(box, honest)).graph.nodes.length).toBeGreaterThan(3)
})

/** A box over a thread that behaves as `code` says. */
const boxOver = (code: string, spawned: Thread[] = []) =>
  createWorkerBox(() => {
    const thread = new Thread(code, { eval: true })
    spawned.push(thread)
    return asWorker(thread)
  })
const READY = "const { parentPort } = require('node:worker_threads'); parentPort.postMessage({ kind: 'ready' });"

test('a worker that dies on a job is reported and replaced', async () => {
  const spawned: Thread[] = []
  const dying = boxOver(`${READY} parentPort.on('message', () => { throw new RangeError('too deep') })`, spawned)
  expect(await refusal(dying, honest)).toMatchObject({ code: 'sandbox.memory' })
  expect(await refusal(dying, honest)).toMatchObject({ code: 'sandbox.memory' })
  expect(spawned.length).toBe(2)
  dying.close()
})

test('a worker that breaks fatally is ended; one that merely refuses is kept', async () => {
  for (const [fatal, expected] of [[true, 2], [false, 1]] as const) {
    const spawned: Thread[] = []
    const error = JSON.stringify({ name: 'LabError', code: 'program.graph', message: 'm', hint: 'h', data: {} })
    const answer = `{ kind: 'refused', fatal: ${fatal}, error: ${error} }`
    const refusing = boxOver(`${READY} parentPort.on('message', () => parentPort.postMessage(${answer}))`, spawned)
    expect(await refusal(refusing, honest)).toMatchObject({ code: 'program.graph', message: 'm', hint: 'h' })
    expect(await refusal(refusing, honest)).toMatchObject({ code: 'program.graph' })
    expect(spawned.length).toBe(expected)
    refusing.close()
  }
})

test('closing refuses what waits and what comes later', async () => {
  const silent = boxOver(`${READY} parentPort.on('message', () => {})`)
  const waiting = refusal(silent, honest)
  const queued = refusal(silent, honest)
  setTimeout(() => silent.close(), 50)
  expect((await waiting).code).toBe('lab.state')
  expect((await queued).code).toBe('lab.state')
  expect((await refusal(silent, honest)).code).toBe('lab.state')
})
