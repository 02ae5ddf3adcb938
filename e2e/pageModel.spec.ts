// A language model in the page, in a real Chromium: real files through transformers.js and ONNX Runtime, on the
// processor and on WebGPU, under the page's own policy. The model is made here and says what it was made to say.

import { expect, test, type Page, type Worker } from '@playwright/test'
import { z } from 'zod'
import { knobsEdit } from '../src/research/edits/edit'
import type { Experiment } from '../src/history/types'
import { tinyModel } from '../src/research/models/page/testing/tinyModel'
import { parseReply } from '../src/research/models/reply'
import type { Host } from './hosting'
import { openModelHost, type ModelHost } from './modelHost'
import { openModelsPage } from './models/serve'
import { watchViolations } from './violations'

const proposal = {
  hypothesis: 'A wider model learns more from every step than it loses in speed.',
  expectedDelta: -0.02,
  expectedProbability: 0.4,
  edit: { form: 'knobs', values: [{ name: 'WIDTH', value: 96 }, { name: 'ACTIVATION', value: 'gelu' }] },
}
const proposalSchema = z.strictObject({ hypothesis: z.string(), expectedDelta: z.number(), expectedProbability: z.number(), edit: knobsEdit })
const ANSWER = JSON.stringify(proposal)
const ENDLESS = 'I think, and think, and never come to\nan end of what there is to be said about it.\n'

const LONG = Array.from({ length: 900 }, (_, i) => `Fact ${i}.`).join(' ')

const first = { hypothesis: 'Gelu passes small inputs on, so little is lost.', description: 'gelu', category: 'activation', expectedDelta: -0.01, probability: 0.3 }
const second = { hypothesis: 'Steps that begin small spoil nothing at first.', description: 'warm-up', category: 'schedule', expectedDelta: -0.02, probability: 0.25 }

const models = {
  'tiny/proposer': tinyModel([{ text: ANSWER }, { text: ENDLESS, after: 'for ever', forever: true }]).files,
  'tiny/beside': tinyModel([{ text: ANSWER }], { external: true }).files,
  'tiny/huge': tinyModel([{ text: ANSWER }]).files,
  'tiny/researcher': tinyModel([
    { text: JSON.stringify({ ...first, edit: { form: 'knobs', values: [{ name: 'ACTIVATION', value: 'gelu' }] } }) },
    { text: JSON.stringify({ ...second, edit: { form: 'knobs', values: [{ name: 'WARMUP_RATIO', value: 0.1 }] } }), after: '→ gelu' },
    { text: JSON.stringify({ reflection: 'Gelu did what was to be seen.' }), after: '"reflection": "one line' },
  ]).files,
  // some megabytes: what has arrived is kept by the megabyte
  'tiny/endless': tinyModel([{ text: LONG }]).files,
  'tiny/unknown': { 'config.json': new TextEncoder().encode('{"model_type":"gpt2"}') },
}

let site: Host
let host: ModelHost
test.beforeAll(async () => {
  site = await openModelsPage()
  host = await openModelHost(models, {
    'tiny/huge onnx/model.onnx': { claims: 9e12 },
    'tiny/endless onnx/model.onnx': { stops: true },
    'tiny/locked config.json': { status: 401 },
  })
})
test.afterAll(() => {
  site.close()
  host.close()
})

/** Opens the bare page of e2e/models; what it does against its policy, and what fails in it, is in the list. */
async function open(page: Page, allowed = host.address, threads = 1): Promise<string[]> {
  const problems = await watchViolations(page)
  page.on('pageerror', (error) => problems.push(error.message))
  await page.addInitScript(({ allowed, threads }) => {
    if (self.origin === 'null') return // the box's frame
    localStorage.setItem('assay.origins', JSON.stringify([{ origin: allowed, why: 'load a model' }]))
    window.name = `threads=${threads}`
  }, { allowed, threads })
  await page.goto(site.page)
  await page.waitForFunction(() => 'harness' in window)
  return problems
}

type Spec = Parameters<Window['harness']['create']>[0]
const create = (page: Page, spec: Omit<Spec, 'address'> & { address?: string }) => page.evaluate((given) => window.harness.create(given), { address: host.address, ...spec })
const ask = (page: Page, prompt = 'Propose.', tokens = 400) => page.evaluate(([p, t]) => window.harness.ask(p, t), [prompt, tokens] as const)
const log = (page: Page) => page.evaluate(() => window.harness.log)

/** The workers that hold a model. */
async function workersOf(page: Page): Promise<Worker[]> {
  const named = page.workers().map(async (worker) => {
    const asked = worker.evaluate(() => self.name).catch(() => 'gone')
    return [worker, (await Promise.race([asked, page.waitForTimeout(1000)])) ?? 'asleep'] as const
  })
  return (await Promise.all(named)).filter(([, name]) => name.startsWith('assay model')).map(([worker]) => worker)
}

for (const device of ['wasm', 'webgpu'] as const) {
  test(`on ${device}: an answer comes word by word and is a proposal; an endless one is interrupted`, async ({ page }) => {
    const problems = await open(page)
    await create(page, { model: 'tiny/proposer', device })
    const { reply, deltas, failure } = await ask(page)
    expect(failure).toBeNull()
    expect(parseReply(reply!.text, proposalSchema)).toEqual({ ok: true, value: proposal })
    expect(deltas.join('')).toBe(ANSWER)
    expect(deltas.length).toBeGreaterThan(10)
    const { progress, loaded } = await log(page)
    expect(loaded).toMatchObject([{ device, dtype: 'fp32', contextTokens: 16_384, notKept: null }])
    expect(progress.at(-1)).toEqual({ receivedBytes: loaded[0].bytes, totalBytes: loaded[0].bytes })
    expect(reply!.cost).toMatchObject({ requests: 1, usd: 0 })
    expect(reply!.cost.outputTokens).toBeGreaterThan(20)

    const [worker] = await workersOf(page)
    await worker.evaluate(() => {
      const { submit } = GPUQueue.prototype
      Object.assign(globalThis, { submits: 0 })
      GPUQueue.prototype.submit = function (buffers) {
        ;(globalThis as unknown as { submits: number }).submits++
        submit.call(this, buffers)
      }
    })
    const asksBefore = host.hits.length
    const cut = await page.evaluate(() => window.harness.interrupt('Go on for ever.', 12_000, 5))
    expect(cut.failure).toContain('enough')
    expect(cut.deltas.join('')).toContain('I think, and think')
    expect((await ask(page)).reply?.text).toBe(ANSWER)
    expect(host.hits.length).toBe(asksBefore) // the same model, still in memory
    const submits = await worker.evaluate(() => (globalThis as unknown as { submits: number }).submits)
    if (device === 'webgpu') expect(submits).toBeGreaterThan(5)
    else expect(submits).toBe(0)

    await page.evaluate(() => window.harness.dispose())
    await expect.poll(async () => (await workersOf(page)).length).toBe(0)
    expect(problems).toEqual([])
  })
}

test('a run that begins cuts the answer off; memory is given back, and the next question needs no network', async ({ page }) => {
  await open(page)
  await create(page, { model: 'tiny/proposer', release: true })
  const cut = await page.evaluate(() => window.harness.outrun('Go on for ever.', 12_000, 3))
  expect(cut.failure).toContain('lab.state: A run began')
  await expect.poll(async () => (await workersOf(page)).length).toBe(0)
  const before = host.hits.length
  expect((await ask(page)).reply?.text).toBe(ANSWER)
  expect(host.hits.length).toBe(before)
  // there is only an emulated adapter: the processor is taken
  expect((await log(page)).loaded.map(({ device }) => device)).toEqual(['wasm', 'wasm'])
})

test('on threads that share memory, with weights in a file of their own', async ({ page }) => {
  const problems = await open(page, host.address, 2)
  await create(page, { model: 'tiny/beside' })
  expect((await ask(page)).reply?.text).toBe(ANSWER)
  expect(host.hits).toContain('onnx/model.onnx_data')
  expect(await workersOf(page)).toHaveLength(1)
  expect(page.workers()).toHaveLength(2) // the other one sleeps on shared memory, and cannot be asked
  expect(problems).toEqual([])
})

test('it is the researcher of a lab: asked for each experiment, and then for what that taught', async ({ page }) => {
  const problems = await open(page)
  const labId = await page.evaluate(async (address) => {
    const { api, subscribe } = window.harness.lab()
    await subscribe(() => undefined)
    await api.probe('wasm')
    const { trainJs, programMd } = await api.defaults()
    const model = { provider: 'page' as const, model: 'tiny/researcher', address, contextTokens: 4096 }
    const caps = { requests: null, tokens: null, usd: null }
    const id = await api.create({
      name: 'lab', dataset: { kind: 'grammar', seed: 1, bytes: 60_000 }, tokenizer: { kind: 'bytes' }, seed: 1, trainJs, programMd,
      budget: { kind: 'tokens', amount: 5120 }, keepRule: { kind: 'plain', repeats: 2, floorBpb: 0.001 }, maxExperiments: 2,
      controller: 'model', researcher: { model, edits: 'knobs', caps, ratio: 0.2, sampler: 'random', standIn: null },
    })
    await api.start()
    return id
  }, host.address)
  const status = () => page.evaluate(() => window.harness.lab().api.status())
  const ended = async () => ((await status()).notice ? (await status()).activity : 'at work')
  await expect.poll(ended, { timeout: 90_000 }).toBe('idle')
  const { meter, error } = await status()
  expect(error).toBeNull()
  expect(meter?.spent).toMatchObject({ requests: 4, usd: 0 })
  const live = (id: string) => new Promise<Experiment[]>((resolve, reject) => window.harness.lab().watchExperiments(id, resolve, reject))
  const [, ...rows] = await page.evaluate(live, labId)
  expect(rows).toMatchObject([first, second].map(({ hypothesis, category, expectedDelta, probability }) => ({
    proposer: 'page/tiny/researcher', hypothesis, category, expectedDelta, expectedProbability: probability,
    status: expect.stringMatching(/^(keep|discard)$/), reflection: 'Gelu did what was to be seen.',
  })))
  expect(problems).toEqual([])
})

test('a load is given up half-way, and goes on from there', async ({ page }) => {
  await open(page)
  await create(page, { model: 'tiny/endless' })
  await page.evaluate(() => (window.harness.abortAfter = 1_500_000))
  expect((await ask(page)).failure).toContain('enough')
  await expect.poll(async () => (await workersOf(page)).length).toBe(0)

  // whatever was being written when the worker was ended may be there as an empty file
  const emptied = await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('assay-models')
    let count = 0
    for await (const [name, handle] of folder as unknown as AsyncIterable<[string, FileSystemFileHandle]>) {
      if (name.endsWith('.part')) continue
      await (await handle.createWritable()).close()
      count++
    }
    return count
  })
  expect(emptied).toBeGreaterThan(0)
  await page.evaluate(() => (window.harness.abortAfter = Infinity))
  const { reply, failure } = await ask(page, 'Propose.', 5000)
  expect(failure).toBeNull()
  expect(reply?.text).toBe(LONG)
  expect(host.hits.filter((hit) => /^onnx\/model\.onnx from [1-9]\d{6}$/.test(hit))).toHaveLength(1)
})

test('a storage that is full keeps nobody from asking, and is named', async ({ page, context }) => {
  await open(page)
  const session = await context.newCDPSession(page)
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.page).origin, quotaSize: 100_000 })
  await create(page, { model: 'tiny/proposer' })
  const { reply, failure } = await ask(page)
  expect(failure).toBeNull()
  expect(reply?.text).toBe(ANSWER)
  expect((await log(page)).loaded[0].notKept).toMatchObject({ code: 'store.quota' })
})

test('what cannot be had is refused by name, and nothing is fetched that the person did not allow', async ({ page }) => {
  await open(page)
  const refusals: [string, RegExp][] = [
    ['tiny/huge', /^controller.refused: .*larger than the 2\.0 GB .*smaller model/],
    ['tiny/nowhere', /^controller.refused: 127\.0\.0\.1:\d+ has no model named tiny\/nowhere/],
    ['tiny/locked', /^controller.refused: .*does not give tiny\/locked to everybody/],
    ['tiny/unknown', /^controller.refused: tiny\/unknown has no weights for ONNX/],
  ]
  for (const [model, words] of refusals) {
    await create(page, { model })
    expect((await ask(page)).failure, model).toMatch(words)
  }
  await create(page, { model: 'tiny/proposer' })
  expect((await ask(page, 'Propose.', 16_380)).failure).toMatch(/^controller.refused: The prompt has \d+ tokens/)
  expect((await ask(page)).reply?.text).toBe(ANSWER)

  const elsewhere = await openModelHost(models)
  await create(page, { model: 'tiny/proposer', address: elsewhere.address })
  expect((await ask(page)).failure).toMatch(/^controller.offline: tiny\/proposer could not be loaded: .* could not be reached/)
  expect(elsewhere.hits).toEqual([])
  elsewhere.close()
})
