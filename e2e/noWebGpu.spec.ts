// A browser without a graphics adapter, as Chromium on Linux is without flags: the lab works on the processor, says so
// and why, and choosing the graphics card all the same gives the reason and the way back.

import { expect, test, type Page } from '@playwright/test'
import { expectAccessible } from './accessible'

// a few steps a run, one run a program, one experiment; the threads are workers of the trainer's worker
const SHORT_LAB = './?threads=2#v=1&budget=5120tok&rule=plain&n=1'
const RUN_MS = 240_000
const DECIDED = /keep|discard/

const engine = (page: Page) => page.getByRole('region', { name: 'What trains' })
const start = (page: Page) => page.getByRole('button', { name: 'Start', exact: true })

async function runOneExperiment(page: Page): Promise<void> {
  await expect(start(page)).toHaveAttribute('aria-disabled', 'false')
  await start(page).click()
  const rows = page.getByRole('list', { name: 'Experiments' })
  await expect(rows.locator('[data-number="0"]')).toHaveAttribute('data-status', 'baseline', { timeout: RUN_MS })
  await expect(rows.locator('[data-number="1"]')).toHaveAttribute('data-status', DECIDED, { timeout: RUN_MS })
}

test('without an adapter the lab runs on the processor and says why', async ({ page }) => {
  test.setTimeout(400_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(SHORT_LAB)
  await expect(engine(page)).toContainText('Your processor: WebAssembly SIMD, 2 threads')
  await expect(engine(page)).toContainText('no graphics adapter')
  await expect(page.getByRole('alert')).toHaveCount(0)
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  await expectAccessible(page)

  await test.step('how to get WebGPU is there for those who want it', async () => {
    await engine(page).getByText('How to train on the graphics card').click()
    await expect(engine(page)).toContainText(/Chrome \d+ on Linux/)
    await expect(engine(page).getByRole('listitem').filter({ hasText: '#enable-unsafe-webgpu' })).toBeVisible()
  })

  await runOneExperiment(page)
  await page.getByRole('list', { name: 'Experiments' }).locator('[data-number="0"]').getByRole('button').click()
  await expect(page.getByRole('dialog', { name: 'Baseline' })).toContainText('WebAssembly SIMD')
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await expectAccessible(page)
  expect(problems).toEqual([])
})

test('a host that sends no headers, and a browser without navigator.gpu: the same, without shared memory', async ({ page }) => {
  test.setTimeout(400_000)
  await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'))
  await page.route('**/*', async (route) => {
    const response = await route.fetch()
    const headers = Object.entries(response.headers()).filter(([name]) => !name.startsWith('cross-origin-'))
    await route.fulfill({ response, headers: Object.fromEntries(headers) })
  })
  await page.goto(SHORT_LAB)
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false)
  await expect(engine(page)).toContainText('2 threads, each with its own memory')
  await expect(engine(page)).toContainText('navigator.gpu is missing')
  await runOneExperiment(page)
})

test('the graphics card, chosen where there is none, gives the reason and the way back', async ({ page }) => {
  await page.goto('./')
  await expect(start(page)).toHaveAttribute('aria-disabled', 'false')
  await engine(page).getByRole('combobox').selectOption('webgpu')
  await expect(page.getByRole('alert')).toContainText('found no graphics adapter')
  await expect(start(page)).toHaveAttribute('aria-disabled', 'true')
  await expectAccessible(page)

  await page.reload() // the choice is kept, and so is the way back
  await expect(page.getByRole('alert')).toContainText('found no graphics adapter')
  await page.getByRole('button', { name: 'Back to automatic' }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(engine(page)).toContainText('Your processor')
  await expect(start(page)).toHaveAttribute('aria-disabled', 'false')
})

test('a thread that hangs in the middle of a step is missed in seconds, and the lab goes on with others', async ({ page }) => {
  test.setTimeout(400_000)
  // threads meet by Atomics.load: the first of them never comes back from one, some steps into its training
  const hang = 'const load = Atomics.load; let left = 5e5; Atomics.load = (...at) => { while (left-- < 0); return load(...at) };'
  let workers = 0
  await page.route('**/kernelsWorker*', async (route) => {
    const response = await route.fetch()
    await (workers++ > 0 ? route.fulfill({ response }) : route.fulfill({ response, body: hang + (await response.text()) }))
  })
  await page.goto(SHORT_LAB)
  await expect(engine(page)).toContainText('2 threads')
  await runOneExperiment(page)
  // the one that hung, and the one in its place
  expect(workers).toBe(2)
})
