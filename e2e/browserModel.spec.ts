// The browser's own language model (the Prompt API) through the page to the lab's worker. This Chromium has the API but
// no model, which is tested as it is; the rest by a scripted LanguageModel in its place.

import { expect, test, type Page } from '@playwright/test'
import { scriptedLanguageModel, type Script, type ScriptLog } from '../src/research/models/browser/testing'
import type { Host } from './hosting'
import { openModelsPage } from './models/serve'
import { watchViolations } from './violations'

let site: Host
test.beforeAll(async () => {
  site = await openModelsPage()
})
test.afterAll(() => site.close())

/** @param script in place of what this browser has; null leaves that */
async function open(page: Page, script: Script | null): Promise<string[]> {
  const problems = await watchViolations(page)
  page.on('pageerror', (error) => problems.push(error.message))
  if (script) {
    await page.addInitScript(`
      globalThis.scriptLog = { created: [], prompts: [], destroyed: 0, aborted: 0 }
      Object.defineProperty(globalThis, 'LanguageModel', { value: (${scriptedLanguageModel})(${JSON.stringify(script)}, scriptLog) })`)
  }
  await page.goto(site.page)
  await page.waitForFunction(() => 'harness' in window)
  return problems
}

/** Asks through the lab's worker, as the page's “Try it” does. */
const tryIt = (page: Page) => page.evaluate(() => window.harness.lab().api.tryModel({ provider: 'browser', model: '' }))
const stateOf = (page: Page) => page.evaluate(() => window.harness.lab().browserModel.state())
const logOf = (page: Page) => page.evaluate(() => (globalThis as unknown as { scriptLog: ScriptLog }).scriptLog)

test('this browser: it has the API and no model, and the person is told why and what else there is', async ({ page }) => {
  const problems = await open(page, null)
  expect(await page.evaluate(() => 'LanguageModel' in window)).toBe(true)
  const { availability, help } = await stateOf(page)
  expect(availability).toBe('unavailable')
  expect(help.join(' ')).toMatch(/chrome:\/\/on-device-internals.*choose another model/)
  const { error, reply } = await tryIt(page)
  expect(reply).toBe('')
  expect(error).toMatchObject({ code: 'controller.offline', message: expect.stringContaining('unavailable'), hint: help.join(' ') })
  const states = await page.evaluate(() => window.harness.lab().api.providers())
  expect(states.find(({ provider }) => provider === 'browser')?.missing).toBe(help.join(' '))
  expect(problems).toEqual([])
})

test('a browser without the API', async ({ page }) => {
  await page.addInitScript('delete globalThis.LanguageModel')
  await open(page, null)
  expect((await stateOf(page)).availability).toBe('missing')
  expect((await tryIt(page)).error).toMatchObject({ code: 'controller.offline', hint: expect.stringContaining('update Chrome or Edge') })
})

test('it answers across the page, in a session that is closed afterwards', async ({ page }) => {
  const problems = await open(page, { availability: 'available', pieces: ['I am the browser’s ', 'own model.'] })
  const { reply, cost, error } = await tryIt(page)
  expect(error).toBeNull()
  expect(reply).toBe('I am the browser’s own model.')
  expect(cost).toMatchObject({ requests: 1, usd: 0 })
  expect(await logOf(page)).toMatchObject({ destroyed: 1, aborted: 0, prompts: [{ constraint: null }] })
  expect(problems).toEqual([])
})

test('one that is to be fetched first takes a click, and then answers', async ({ page }) => {
  await open(page, { availability: 'downloadable', pieces: ['Here I am.'] })
  expect((await tryIt(page)).error).toMatchObject({ code: 'controller.offline', hint: expect.stringContaining('press “Download”') })
  const shares = await page.evaluate(async () => {
    const told: number[] = []
    await window.harness.lab().browserModel.download((share) => told.push(share), new AbortController().signal)
    return told
  })
  expect(shares).toEqual([0, 0.5, 1])
  expect((await tryIt(page)).reply).toBe('Here I am.')
})

test('one that refuses half-way is named', async ({ page }) => {
  await open(page, { availability: 'available', pieces: ['I wi'], last: { name: 'NotReadableError', message: 'The output was filtered.' } })
  expect((await tryIt(page)).error).toMatchObject({ code: 'controller.refused', message: expect.stringContaining('The output was filtered.') })
  expect((await logOf(page)).destroyed).toBe(1)
})

test('as researcher it is held to the form of an answer; when it hangs, Stop ends it', async ({ page }) => {
  const problems = await open(page, { availability: 'available', pieces: ['{"hypothesis":'], last: 'hang' })
  await page.evaluate(async () => {
    const { api, subscribe } = window.harness.lab()
    await subscribe(() => undefined)
    await api.probe('wasm')
    const { trainJs, programMd } = await api.defaults()
    const caps = { requests: null, tokens: null, usd: null }
    await api.create({
      name: 'lab', dataset: { kind: 'grammar', seed: 1, bytes: 60_000 }, tokenizer: { kind: 'bytes' }, seed: 1, trainJs, programMd,
      budget: { kind: 'tokens', amount: 5120 }, keepRule: { kind: 'plain', repeats: 2, floorBpb: 0.001 }, maxExperiments: 1,
      controller: 'model', researcher: { model: { provider: 'browser', model: '' }, edits: 'knobs', caps, ratio: 0.2, sampler: 'random', standIn: null },
    })
    await api.start()
  })
  const status = () => page.evaluate(() => window.harness.lab().api.status())
  await expect.poll(async () => (await status()).reply, { timeout: 60_000 }).toMatchObject({ text: '{"hypothesis":' })
  const { prompts } = await logOf(page)
  expect(prompts).toHaveLength(1)
  expect(JSON.stringify(prompts[0].constraint)).toContain('"hypothesis"')
  expect(prompts[0].input).toContain('ACTIVATION')
  await page.evaluate(() => window.harness.lab().api.stop())
  await expect.poll(async () => (await status()).phase).toBe('idle')
  expect(await logOf(page)).toMatchObject({ destroyed: 1, aborted: 1 })
  expect(problems).toEqual([])
})
