import { rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { Worker as Thread } from 'node:worker_threads'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describe, modelWith, refusal } from './boxFixture'
import type { Box } from './contract'
import { createThreadBox, threadWorker } from './nodeBox'
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
  const error = await refusal(box, 'new Array(2 ** 32 - 1).indexOf(1)')
  expect(error.code).toBe('sandbox.timeout')
  expect((await describe(box, honest)).graph.nodes.length).toBeGreaterThan(3)
})

/** A box over a thread that behaves as `code` says: `say` posts, `onRequest` hears. */
const boxOver = (code: string, spawned: Thread[] = []) =>
  createWorkerBox(() => {
    const thread = new Thread(`const { parentPort } = require('node:worker_threads')
      const say = (message) => parentPort.postMessage(message)
      const onRequest = (listener) => parentPort.on('message', listener)
      ${code}`, { eval: true })
    spawned.push(thread)
    return threadWorker(thread)
  })
const READY = "say('ready\\n');"

test('a worker that dies on a job is reported and replaced', async () => {
  const spawned: Thread[] = []
  const dying = boxOver(`${READY} onRequest(() => { throw new RangeError('too deep') })`, spawned)
  expect(await refusal(dying, honest)).toMatchObject({ code: 'sandbox.memory' })
  expect(await refusal(dying, honest)).toMatchObject({ code: 'sandbox.memory' })
  expect(spawned.length).toBe(3) // the third waits for a third job
  dying.close()
})

test('a worker that breaks is ended; one that merely refuses is kept', async () => {
  const account = JSON.stringify({ name: 'Error', message: 'm', line: 3, code: 'program.graph', hint: 'h' })
  const cases = [
    [`'thrown\\n' + ${JSON.stringify(account)}`, 1, 'program.graph'],
    ["'waiting\\n'", 1, 'sandbox.forbidden'],
    ["'late\\n'", 1, 'sandbox.timeout'],
    ["'full\\n'", 3, 'sandbox.memory'],
    ["'broken\\nRangeError'", 3, 'sandbox.memory'],
  ] as const
  for (const [answer, workers, code] of cases) {
    const spawned: Thread[] = []
    const refusing = boxOver(`${READY} onRequest(() => say(${answer}))`, spawned)
    expect(await refusal(refusing, honest)).toMatchObject({ code })
    expect(await refusal(refusing, honest)).toMatchObject({ code })
    expect(spawned.length, answer).toBe(workers)
    refusing.close()
  }
})

test.each([
  ['an object', "{ kind: 'described', text: '{}' }"],
  ['bytes', 'new ArrayBuffer(1 << 20)'],
  ['shared memory', 'new SharedArrayBuffer(8)'],
  ['a number', '7'],
  ['nothing', 'null'],
  ['an unknown kind', "'owned\\n{}'"],
  ['text without a kind', "'x'.repeat(1000)"],
  ['too much text', "'described\\n' + 'x'.repeat(1000001)"],
  ['"ready" for an answer', "'ready\\n'"],
  ['JSON that describes nothing', "'described\\n{}'"],
  ['no JSON', "'described\\n{{{'"],
  ['a prototype', `'described\\n{"__proto__":{"batch":1},"constructor":{}}'`],
  ['deep brackets', "'described\\n' + '['.repeat(900000)"],
])('whoever broke out and answers with %s gets nothing into the lab', async (_what, answer) => {
  const hostile = boxOver(`${READY} onRequest(() => say(${answer}))`)
  const { code, message } = await refusal(hostile, honest)
  expect(code).toMatch(/^(sandbox\.output|program\.graph)$/)
  expect(message.length).toBeLessThan(2000)
  hostile.close()
})

test('a false account of an error is shown as text, bounded, or not at all', async () => {
  const tell = async (account: string) => {
    const hostile = boxOver(`${READY} onRequest(() => say('thrown\\n' + ${account}))`)
    const error = await refusal(hostile, honest)
    hostile.close()
    return error
  }
  expect(await tell("'{'")).toMatchObject({ code: 'program.graph' })
  expect(await tell('JSON.stringify({ name: "", message: "x".repeat(1e5), line: 1 })')).toMatchObject({ code: 'program.graph' })
  const stolen = await tell('JSON.stringify({ name: "", message: "m", line: 1, code: "lab.internal", data: { a: 1 } })')
  expect(stolen).toMatchObject({ code: 'program.graph', data: {} })
})

test('a worker that speaks between jobs is not asked again', async () => {
  const spawned: Thread[] = []
  const twice = `${READY} onRequest(() => { say('waiting\\n'); setTimeout(() => say('described\\n{}'), 30) })`
  const chatty = boxOver(twice, spawned)
  expect((await refusal(chatty, honest)).code).toBe('sandbox.forbidden')
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect((await refusal(chatty, honest)).code).toBe('sandbox.forbidden')
  expect(spawned.length).toBe(2)
  chatty.close()
})

test('a box that cannot open says why, and the next job tries again', async () => {
  const spawned: Thread[] = []
  const shut = boxOver("say('broken\\nno memory')", spawned)
  for (let job = 0; job < 2; job++) expect((await refusal(shut, honest)).message).toContain('no memory')
  expect(spawned.length).toBe(3)
  shut.close()
})

test('closing refuses what waits and what comes later', async () => {
  const silent = boxOver(`${READY} onRequest(() => {})`)
  const waiting = refusal(silent, honest)
  const queued = refusal(silent, honest)
  setTimeout(() => silent.close(), 50)
  expect((await waiting).code).toBe('lab.state')
  expect((await queued).code).toBe('lab.state')
  expect((await refusal(silent, honest)).code).toBe('lab.state')
})
