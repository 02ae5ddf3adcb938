// The locked box in a real browser: nothing can be reached from the frame or from its worker, whoever breaks out of
// QuickJS can only hand over text, nothing runs for ever, and the next program never notices.

import { expect, test, type Frame, type Page, type Worker } from '@playwright/test'
import { tryEverything } from './battery'
import { openCanary, type Canary } from './canary'
import { openHost } from './hosting'

// what trains does not matter here; the processor is there at once
test.use({ storageState: { cookies: [], origins: [] } })

let canary: Canary
test.beforeAll(async () => {
  canary = await openCanary()
})
test.afterAll(() => canary.close())

const HOSTINGS = [
  { name: 'isolated', isolated: true },
  { name: 'isolated by require-corp', embedder: 'require-corp', isolated: true },
  { name: 'not isolated', embedder: null, isolated: false },
] as const

async function open(page: Page, address = './'): Promise<void> {
  await page.goto(address)
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
}

async function boxFrame(page: Page): Promise<Frame> {
  await expect(page.locator('iframe')).toHaveCount(1)
  await expect.poll(() => page.frames().length).toBe(2)
  return page.frames()[1]
}

const boxWorkers = (page: Page) => page.workers().filter((worker) => worker.url().startsWith('blob:null'))

async function boxWorker(page: Page): Promise<Worker> {
  await expect.poll(() => boxWorkers(page).length).toBe(1)
  return boxWorkers(page)[0]
}

const verdict = (page: Page) => page.getByRole('region', { name: 'Check' })

async function check(page: Page): Promise<void> {
  const heading = page.getByRole('heading', { name: 'Program' })
  if (!(await page.getByRole('textbox', { name: 'train.js' }).isVisible())) await heading.click()
  await page.getByRole('button', { name: 'Check', exact: true }).click()
}

async function checkText(page: Page, text: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: 'train.js' })
  if (!(await editor.isVisible())) await page.getByRole('heading', { name: 'Program' }).click()
  await editor.click()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.insertText(text)
  await check(page)
}

const HONEST = `export const batch = { rows: 2, context: 32 }
export const model = (g, tokens) => g.linear(g.embedding(g.param('w', [vocab, 8], g.normal(1)), tokens), g.param('h', [vocab, 8], g.zeros()))`

for (const { name, isolated, ...hosting } of HOSTINGS) {
  test(`${name}: nothing can be reached from the frame, from a worker in it, or from the box itself`, async ({ page, context }) => {
    const host = 'embedder' in hosting ? await openHost(hosting.embedder) : null
    await open(page, host?.page)
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated)
    await page.evaluate(() => {
      const channel = new BroadcastChannel('assay-test')
      channel.onmessage = () => channel.postMessage('here')
    })
    const address = page.url()
    const around: [string, string] = [canary.origin, address]
    const frame = await boxFrame(page)
    canary.hits.length = 0

    // code in the frame itself: nobody's but ours ever runs there, and yet
    expect(await frame.evaluate(tryEverything, around)).toEqual({})
    // any code at all as the frame's worker: only the frame and its policy hold it
    const code = `(${tryEverything.toString()})(${JSON.stringify(around)}).then(postMessage)`
    const fromWorker = await frame.evaluate((text) => {
      const worker = new Worker(URL.createObjectURL(new Blob([text])))
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = ({ message }) => reject(new Error(message))
      }).finally(() => worker.terminate())
    }, code)
    expect(fromWorker).toEqual({})
    // the real worker, for whoever broke out of QuickJS: the frame holds it, and it is stripped besides
    const inBox = await boxWorker(page)
    expect(await inBox.evaluate(tryEverything, around)).toEqual({})
    const names = await inBox.evaluate(() => ['fetch', 'Worker', 'importScripts', 'navigator', 'self', 'postMessage', 'URL']
      .filter((name) => name in globalThis))
    expect(names).toEqual([])

    // the frame may not even leave for another address, which would carry a text out
    await frame.evaluate((url) => void (location.href = `${url}/gone?secret`), canary.origin)
    await page.waitForTimeout(500)
    expect(canary.hits).toEqual([])
    expect(page.url()).toBe(address)
    expect(context.pages()).toHaveLength(1)

    // and the lab gets itself another one
    await checkText(page, HONEST)
    await expect(verdict(page)).toContainText(/Predicted memory|sandbox.timeout/, { timeout: 30_000 })
    await check(page)
    await expect(verdict(page)).toContainText('Predicted memory', { timeout: 30_000 })
    await boxFrame(page)
    host?.close()
  })
}

// what the broken-out program says in place of its description: code that runs in the box's worker
const LIES = [
  { name: 'an object', say: '{ kind: "described", text: "{}" }', verdict: 'sandbox.output' },
  { name: 'bytes', say: 'new ArrayBuffer(8)', verdict: 'sandbox.output' },
  { name: 'code', say: '"described\\n(() => fetch(1))()"', verdict: 'sandbox.output' },
  { name: 'too much text', say: '"described\\n" + "x".repeat(2e7)', verdict: 'sandbox.output' },
  { name: 'another kind', say: '"lab\\n{}"', verdict: 'sandbox.output' },
  { name: 'nothing, for ever', say: 'loop()', verdict: 'sandbox.timeout' },
  { name: 'nothing at all', say: null, verdict: 'sandbox.timeout' },
  // these two could be the work of an honest program, so their box stays
  { name: 'a forged program', say: `'described\\n{"version":1,"score":0.1,"__proto__":{"a":1}}'`, verdict: 'program.graph' },
  {
    name: 'markup',
    say: `'thrown\\n' + JSON.stringify({ name: '', message: '<img src=x onerror="document.title=1">', line: 1 })`,
    verdict: '<img src=x',
  },
]

test('whoever breaks out of QuickJS can only hand over text, checked before it is used', async ({ page }) => {
  test.setTimeout(240_000)
  await open(page)
  const title = await page.title()
  await checkText(page, HONEST)
  await expect(verdict(page)).toContainText('Predicted memory', { timeout: 30_000 })
  for (const { name, say, verdict: expected } of LIES) {
    await test.step(name, async () => {
      // from now on this worker answers as the attacker likes
      await (await boxWorker(page)).evaluate(`{
        globalThis.post ??= MessagePort.prototype.postMessage
        const loop = () => { for (;;); }
        MessagePort.prototype.postMessage = function () {
          ${say === null ? '' : `post.call(this, ${say})`}
        }
      }`)
      await check(page)
      await expect(verdict(page)).toContainText(expected, { timeout: 30_000 })
      await expect(verdict(page).locator('img')).toHaveCount(0)
      if (expected.startsWith('sandbox')) {
        await check(page)
        await expect(verdict(page)).toContainText('Predicted memory', { timeout: 30_000 })
      }
      expect(page.frames().length).toBeLessThanOrEqual(2)
    })
  }
  expect(await page.title()).toBe(title)
})

const ENDLESS = [
  { name: 'a loop, which QuickJS interrupts', text: 'for (;;);', ended: false },
  { name: 'a builtin, which only ending the worker stops', text: 'new Array(2 ** 32 - 1).indexOf(1)', ended: true },
]
for (const { name, text, ended } of ENDLESS) {
  test(`what never ends is ended, and the next program runs: ${name}`, async ({ page }) => {
    await open(page)
    const before = await boxWorker(page)
    const started = Date.now()
    await checkText(page, text)
    await expect(verdict(page)).toContainText('sandbox.timeout', { timeout: 30_000 })
    expect(Date.now() - started).toBeLessThan(15_000)
    await checkText(page, HONEST)
    await expect(verdict(page)).toContainText('Predicted memory', { timeout: 30_000 })
    expect(await boxWorker(page) !== before).toBe(ended)
    await expect(page.locator('iframe')).toHaveCount(1)
  })
}

test('a tab in the background, a second tab and a reload each have their box', async ({ page, context }) => {
  await open(page)
  const second = await context.newPage()
  await second.goto('./') // the first is now in the background
  await expect(second.getByText('Another tab leads the lab')).toBeVisible()
  for (const tab of [page, second]) {
    await checkText(tab, HONEST)
    await expect(verdict(tab)).toContainText('Predicted memory', { timeout: 30_000 })
  }
  await page.reload()
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible()
  await checkText(page, HONEST)
  await expect(verdict(page)).toContainText('Predicted memory', { timeout: 30_000 })
})
