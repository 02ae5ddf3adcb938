// The page's policy in a real browser: nothing but the page's own server is reached, by the page or by any of its
// workers, until the person names an address; and nothing that the page does itself is against its policy.

import { expect, test, type Page, type Worker } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { openCanary, type Canary } from './canary'
import { openHost } from './hosting'
import { watchViolations } from './violations'

// the processor trains: it is there at once, and its threads are workers of a worker's worker
test.use({ storageState: { cookies: [], origins: [] } })

const SHORT_LAB = './?threads=2#v=1&budget=5120tok&rule=plain&n=1'
const RUN_MS = 240_000
const TALE = 'Once there was a lab that measured everything twice. '.repeat(4000)

let texts: Canary
let others: Canary
test.beforeAll(async () => {
  texts = await openCanary({ '/tale.txt': TALE })
  others = await openCanary()
})
test.afterAll(() => {
  texts.close()
  others.close()
})

const start = (page: Page) => page.getByRole('button', { name: 'Start', exact: true })
const row = (page: Page, number: number) =>
  page.getByRole('list', { name: 'Experiments' }).locator(`[data-number="${number}"]`)

async function open(page: Page, address = './'): Promise<void> {
  await page.goto(address)
  await expect(start(page)).toHaveAttribute('aria-disabled', 'false')
}

async function enterAddress(page: Page, address: string): Promise<void> {
  await page.getByRole('radio', { name: 'An address' }).check()
  await page.getByRole('textbox', { name: 'Address' }).fill(address)
}

/** A worker by the beginning of its name: workers are all made of text, so their addresses tell nothing. */
async function workerNamed(page: Page, name: string): Promise<Worker> {
  let found: Worker | undefined
  const find = async () => {
    for (const worker of page.workers()) {
      const asked = worker.evaluate(() => (globalThis as { name?: string }).name ?? '').catch(() => '') // it has gone
      const known = await Promise.race([asked, page.waitForTimeout(1000)]) // or is at work and does not listen
      if (known?.startsWith(name)) found = worker
    }
    return found !== undefined
  }
  await expect.poll(find, { timeout: 60_000 }).toBe(true)
  return found!
}

/** In a realm: what comes of a fetch, 'status 200' or that it was refused. */
const fetched = (url: string) => fetch(url).then(({ status }) => `status ${status}`, () => 'refused')
/** In a worker: what comes of a WebSocket. */
const connected = (url: string) => new Promise<string>((resolve) => {
  try {
    const tried = new WebSocket(url)
    tried.onopen = () => resolve('open')
    tried.onerror = () => resolve('refused')
  } catch {
    resolve('refused')
  }
})
/** In a worker: what comes of a worker that is loaded by its address, and so would be under no policy. */
const loaded = (url: string) => new Promise<string>((resolve) => {
  try {
    const tried = new Worker(url, { type: 'module' })
    tried.onerror = () => resolve('refused')
    tried.onmessage = () => resolve('ran')
  } catch {
    resolve('refused')
  }
})

test('an address is said, allowed and fetched from; what was typed stays; it can be taken back', async ({ page }) => {
  test.setTimeout(400_000)
  const problems = await watchViolations(page)
  page.on('pageerror', (error) => problems.push(error.message))
  await open(page, SHORT_LAB)

  await test.step('the page says what Start will allow', async () => {
    await page.getByRole('heading', { name: 'Program' }).click()
    const editor = page.getByRole('textbox', { name: 'train.js' })
    await editor.click()
    await page.keyboard.press('ControlOrMeta+Home')
    await page.keyboard.insertText('// typed before the reload\n')
    await enterAddress(page, `${texts.origin}/tale.txt`)
    await expect(page.getByText(/Start lets it reach/)).toContainText(texts.origin)
    expect(texts.hits).toEqual([])
  })

  await test.step('Start allows it, and the lab begins with all that was typed', async () => {
    await start(page).click()
    await expect(row(page, 0)).toHaveAttribute('data-status', 'baseline', { timeout: RUN_MS })
    expect(texts.hits).toContain('GET /tale.txt')
    await page.getByRole('heading', { name: 'Program' }).click()
    await expect(page.getByRole('textbox', { name: 'train.js' })).toContainText('typed before the reload')
    await expect(page.getByText('tale.txt').first()).toBeVisible()
  })

  await test.step('a whole experiment, its diff and its curve are within the policy', async () => {
    await expect(row(page, 1)).toHaveAttribute('data-status', /keep|discard/, { timeout: RUN_MS })
    await row(page, 1).getByRole('button').click()
    await expect(page.getByRole('dialog').getByRole('region', { name: 'What was changed' })).toContainText('knob')
    await page.keyboard.press('Escape')
    expect(problems).toEqual([])
  })

  await test.step('only that address is allowed, and it can be taken back', async () => {
    expect(await page.evaluate(fetched, `${texts.origin}/tale.txt`)).toBe('status 200')
    expect(await page.evaluate(fetched, `${others.origin}/x`)).toBe('refused')
    await expect(page.getByRole('button', { name: 'New lab' })).toBeEnabled()
    await page.getByRole('button', { name: 'New lab' }).click()
    await page.getByText('Advanced').click()
    await page.getByRole('button', { name: `Take back ${texts.origin}` }).click()
    await expect(page.getByText(`can no longer reach ${texts.origin}`)).toBeVisible()
    await expect(start(page)).toHaveAttribute('aria-disabled', 'false')
    expect(await page.evaluate(fetched, `${texts.origin}/tale.txt`)).toBe('refused')
    expect(others.hits).toEqual([])
  })
})

/** Fails unless a worker is held as its page is. */
async function expectHeld(page: Page, name: string): Promise<void> {
  await test.step(name, async () => {
    const worker = await workerNamed(page, name)
    expect(await worker.evaluate(fetched, new URL('icon.svg', page.url()).href)).toBe('status 200')
    expect(await worker.evaluate(fetched, `${texts.origin}/tale.txt`)).toBe('status 200')
    expect(await worker.evaluate(fetched, `${others.origin}/fetch`)).toBe('refused')
    expect(await worker.evaluate(connected, others.origin.replace('http', 'ws'))).toBe('refused')
    expect(await worker.evaluate(loaded, new URL('icon.svg', page.url()).href)).toBe('refused')
  })
}

test('no worker reaches what the page may not', async ({ page }) => {
  await open(page)
  others.hits.length = 0
  await enterAddress(page, `${texts.origin}/slow`)
  await start(page).click()
  // the text never ends, so the worker that fetches it stays
  for (const name of ['assay data', 'assay lab', 'assay trainer']) await expectHeld(page, name)
  expect(others.hits).toEqual([])
})

test('nor does a thread of the engine, a worker of a worker of a worker', async ({ page }) => {
  await page.addInitScript((origin) => {
    localStorage.setItem('assay.origins', JSON.stringify([{ origin, why: 'test' }]))
  }, texts.origin)
  const host = await openHost(null) // threads that share memory sleep on it, and cannot be asked
  await open(page, `${host.page}?threads=2`)
  others.hits.length = 0
  await expectHeld(page, 'assay kernels')
  expect(others.hits).toEqual([])
  host.close()
})

test('an allowed address that sends on to another is told as that, and nothing goes there', async ({ page }) => {
  await open(page)
  others.hits.length = 0
  await enterAddress(page, `${texts.origin}/away?${others.origin}/tale.txt`)
  await start(page).click()
  await expect(page.getByRole('alert')).toContainText('sends on to another server', { timeout: 60_000 })
  expect(others.hits).toEqual([])
})

test('a page whose first script is missing does not start', async ({ page }) => {
  await page.route('**/assets/policy-*.js', (route) => route.fulfill({ status: 404 }))
  await page.goto('./')
  await expect(page.getByText('the lab does not start')).toBeVisible()
  await expect(start(page)).toHaveCount(0)
})

test('what is stored as allowed is judged again: nothing else gets into the policy', async ({ page }) => {
  await page.addInitScript((origin) => {
    const origins = ['*', 'https:', "'unsafe-inline'", `${origin}; script-src *`, `${origin} *`, null, 7]
    localStorage.setItem('assay.origins', JSON.stringify(origins.map((value) => ({ origin: value, why: 'x' }))))
  }, others.origin)
  await open(page)
  const policy = await page.locator('meta#policy').getAttribute('content')
  expect(policy).toMatch(/; connect-src 'self'$/)
  const written = readFileSync(new URL('../dist/index.html', import.meta.url), 'utf8')
  expect(written).not.toContain('unsafe-inline')
  expect(policy).not.toContain('unsafe-inline')
})
