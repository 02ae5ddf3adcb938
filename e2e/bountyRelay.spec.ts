// The same bounty between three browsers that share nothing but a relay: messages and the private Lightning network go
// through it, and each browser plays one part.

import { expect, test, type Browser, type Page } from '@playwright/test'
import { startRelay, type TestRelay } from '../src/wallet/testing/relay'
import { problemsOf } from './labPage'

const SLOW_MS = 120_000

let relay: TestRelay
test.beforeAll(async () => {
  relay = await startRelay()
})
test.afterAll(() => relay.close())

interface Part {
  page: Page
  problems: string[]
  key: string
}

const tab = (page: Page, name: string) => page.getByRole('navigation', { name: 'Bounties' }).getByRole('button', { name }).click()

/** A browser of its own, connected to the relay. */
async function openBrowser(browser: Browser): Promise<Part> {
  const page = await (await browser.newContext({ viewport: { width: 1366, height: 850 } })).newPage()
  const problems = await problemsOf(page)
  await page.goto('./#v=1&view=bounties')
  await page.getByText('Relays', { exact: true }).click()
  await page.getByRole('textbox', { name: 'Address of a relay' }).fill(relay.url)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  // the page reloads itself with the address allowed
  await expect(page.getByText('From 1 relay.')).toBeVisible({ timeout: SLOW_MS })
  const key = await page.locator('.persona-me code').getAttribute('title')
  return { page, problems, key: key! }
}

async function balanceOf(page: Page): Promise<string | null> {
  await tab(page, 'Wallet and ledger')
  return page.locator('.balance').textContent()
}

async function join(page: Page, code: string | null): Promise<void> {
  await tab(page, 'Wallet and ledger')
  await page.getByRole('radio', { name: 'Practice' }).check()
  if (code !== null) {
    await page.getByRole('radio', { name: 'Join one' }).check()
    await page.getByRole('textbox', { name: 'Code of the network' }).fill(code)
    await page.getByRole('radio', { name: 'Through a relay' }).check()
  }
  await page.getByRole('button', { name: /with play money/ }).last().click()
  await expect(page.locator('.balance')).toHaveText('1,000,000 play sat', { timeout: SLOW_MS })
}

test('three browsers and a relay: posted, attested, locked, measured, settled, to the last slice', async ({ browser }) => {
  test.setTimeout(400_000)
  const [sponsor, hunter, verifier] = [await openBrowser(browser), await openBrowser(browser), await openBrowser(browser)]

  await test.step('one network, and its code for the others', async () => {
    await join(sponsor.page, null)
    const code = await sponsor.page.getByText('Others join with this code').locator('code').textContent()
    await join(hunter.page, code)
  })

  await test.step('the sponsor names the verifier by key', async () => {
    const { page } = sponsor
    await tab(page, 'Post a bounty')
    await page.getByRole('button', { name: 'Make a practice lab' }).click()
    await page.getByRole('textbox', { name: 'Title' }).fill('Across a relay', { timeout: SLOW_MS })
    await page.getByRole('textbox', { name: /Target/ }).fill('0.05')
    await page.getByText('Slices, holdback, lock times').click()
    await page.getByRole('combobox', { name: 'The rest is measured again' }).selectOption('At once')
    await page.getByText('Measuring', { exact: true }).click()
    await page.getByRole('textbox', { name: 'Fresh seeds' }).fill('1')
    await page.getByRole('textbox', { name: 'Public key of a verifier' }).fill(verifier.key)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: 'Draw fresh stories' }).click()
    await page.getByRole('button', { name: 'Post it, for play money' }).click()
    await expect(page.getByRole('heading', { level: 2, name: 'Across a relay' })).toBeVisible({ timeout: SLOW_MS })
  })

  await test.step('the verifier, who needs no wallet, attests the baseline', async () => {
    const { page } = verifier
    await page.getByRole('button', { name: 'Across a relay', exact: true }).click({ timeout: SLOW_MS })
    await page.getByRole('button', { name: 'Verify this bounty' }).click()
    await expect(page.getByRole('region', { name: 'Timeline' })).toContainText('You attested the baseline', { timeout: SLOW_MS })
  })

  await test.step('the hunter mends the rate; the sponsor is asked once for all slices', async () => {
    const { page } = hunter
    await tab(page, 'Board')
    await page.getByRole('button', { name: 'Across a relay', exact: true }).click({ timeout: SLOW_MS })
    await page.getByRole('button', { name: 'Hand in a program I have already' }).click()
    await page.getByRole('button', { name: 'Begin with the baseline' }).click()
    const editor = page.getByRole('textbox', { name: 'train.js', exact: true })
    await editor.fill((await editor.inputValue()).replace('MATRIX_LR = knob(0.004', 'MATRIX_LR = knob(0.04'))
    await expect(page.getByText('Size and content are within the rules.')).toBeVisible()
    await page.getByRole('button', { name: 'Hand it in', exact: true }).click()
    const question = sponsor.page.getByRole('dialog')
    await expect(question).toContainText(hunter.key, { timeout: SLOW_MS })
    await question.getByRole('button', { name: 'Yes, pay 1,000 play sat' }).click()
  })

  await test.step('every slice is settled, and the balances say so', async () => {
    await expect(hunter.page.getByRole('region', { name: 'What you handed in' })).toContainText('Accepted twice', { timeout: SLOW_MS })
    await expect.poll(() => balanceOf(hunter.page), { timeout: SLOW_MS }).toBe('1,001,000 play sat')
    await expect.poll(() => balanceOf(sponsor.page), { timeout: SLOW_MS }).toBe('999,000 play sat')
  })
  expect([...sponsor.problems, ...hunter.problems, ...verifier.problems]).toEqual([])
})
