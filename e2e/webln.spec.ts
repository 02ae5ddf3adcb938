// A sponsor who pays with a wallet extension: slices of a bounty, one refused in the extension, then all of them held, over
// a reload. The hunter is an office in this process, with a wallet that can hold, reached through a real relay.

import { readFileSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'
import { WebSocket } from 'ws'
import { Parties } from '../src/bounty/testing/parties'
import { startRelay, type TestRelay } from '../src/wallet/testing/relay'
import { draftBounty, money, openBounty, SLOW_MS, tab } from './bountyPage'
import { Extension } from './extension'
import { onPhoneInTheDark, problemsOf, start } from './labPage'

const BEGUN_SAT = 5000
const POOL_SAT = 1000
const HUNTER_MSAT = 1_000_000
const USUAL = readFileSync(new URL('../public/programs/train.js', import.meta.url), 'utf8')
const SLOW = USUAL.replace(/(MATRIX_LR = knob\()[\d.]+/, '$10.004')

let relay: TestRelay
let parties: Parties
test.beforeAll(async () => {
  globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket // Node 20 has none
  relay = await startRelay()
  parties = await Parties.make()
  parties.walletOf = (name) => {
    const wallet = parties.ledger.wallet(name, HUNTER_MSAT)
    return { ...wallet, info: async () => ({ ...(await wallet.info()), isPlayMoney: false, network: 'unknown' }) }
  }
})
test.afterAll(async () => {
  parties.end()
  await relay.close()
})

const payments = (page: Page) => page.getByRole('region', { name: 'Payments' }).getByRole('row')
const question = (page: Page) => page.getByRole('dialog')

async function connect(page: Page): Promise<void> {
  await tab(page, 'Wallet and ledger')
  await page.getByRole('button', { name: 'Connect the extension' }).click()
}

test('slices paid by an extension: refused, then held over a reload, settled, and never sent twice', async ({ page }) => {
  test.setTimeout(400_000)
  const problems = await problemsOf(page)
  const { ledger } = parties
  const extension = new Extension(ledger.wallet('sponsor', BEGUN_SAT * 1000))
  await extension.install(page)
  await page.addInitScript((origin) => {
    if (self === top) localStorage.setItem('assay.origins', JSON.stringify([{ origin, why: 'test' }])) // the box's frame has none
  }, new URL(relay.url).origin)
  await page.goto('./#v=1&budget=20000tok&rule=plain&by=human')
  let bounty = ''

  await test.step('a lab that learns too slowly', async () => {
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
    await page.getByRole('heading', { name: 'Program' }).click()
    const editor = page.getByRole('textbox', { name: 'train.js' })
    await editor.click()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.insertText(SLOW)
    await start(page)
    await expect(page.getByRole('list', { name: 'Experiments' }).locator('[data-number="0"]')).toHaveAttribute('data-status', 'baseline', { timeout: SLOW_MS })
  })

  await test.step('real money in two slices, judged by the sponsor', async () => {
    await page.goto('./#v=1&view=bounties')
    await page.getByText('Relays', { exact: true }).click()
    await page.getByRole('textbox', { name: 'Address of a relay' }).fill(relay.url)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await expect(page.getByText('From 1 relay.')).toBeVisible({ timeout: SLOW_MS })
    await connect(page)
    await expect(page.locator('.balance')).toHaveText('5,000 sat')
    await draftBounty(page, 'Paid by an extension', '0.05', 'At once')
    await page.getByRole('textbox', { name: 'Slices' }).fill('2')
    await page.getByRole('textbox', { name: 'Paid at once' }).fill('50')
    await page.getByText('Measuring', { exact: true }).click()
    await page.getByRole('textbox', { name: 'Fresh seeds' }).fill('1')
    await page.getByRole('button', { name: 'Draw fresh stories' }).click()
    await page.getByRole('button', { name: 'Post it', exact: true }).click()
    await expect(page.getByRole('region', { name: 'Timeline' }).first()).toContainText('You attested the baseline', { timeout: SLOW_MS })
  })

  const hunter = parties.party('hunter')
  const submit = async () => {
    parties.now = Math.floor(Date.now() / 1000)
    await hunter.office.submit(bounty, USUAL)
    await expect(question(page)).toContainText('2 × 500 sat', { timeout: SLOW_MS })
    await question(page).getByRole('button', { name: 'Yes, pay 1,000 sat' }).click()
  }

  await test.step('one slice is refused in the extension: nothing is shown, and all of it is back', async () => {
    await hunter.start([relay.url])
    await expect.poll(() => (bounty = hunter.office.listings()[0]?.id ?? ''), { timeout: SLOW_MS }).not.toBe('')
    extension.answers.push('agrees', 'refuses')
    await submit()
    await expect(page.getByRole('region', { name: 'Submissions' })).toContainText(/Slice \d came back, or never left\. You refused in the wallet extension\./, { timeout: SLOW_MS })
    await expect(money(page, 'Your bounty', 'Came back')).toHaveText('1,000', { timeout: SLOW_MS })
    expect(ledger.balance('sponsor')).toBe(BEGUN_SAT * 1000)
    await tab(page, 'Wallet and ledger')
    await expect(payments(page).filter({ hasText: 'came back, or never left' })).toHaveCount(2)
    await expect(payments(page).filter({ hasText: 'You refused in the wallet extension.' })).toHaveCount(1)
    await expect(page.locator('.balance')).toHaveText('5,000 sat')
  })

  await test.step('both are held: the extension does not answer, and the page is reloaded', async () => {
    await submit()
    await expect.poll(() => ledger.lockedMsat(), { timeout: SLOW_MS }).toBe(POOL_SAT * 1000)
    hunter.kill() // so that nothing is settled yet
    await page.reload()
    await expect(page.getByText('2 payments are under way. Connect the same wallet')).toBeVisible({ timeout: SLOW_MS })
    await expect(payments(page).filter({ hasText: 'no answer yet: counts as locked' })).toHaveCount(2)
    await onPhoneInTheDark(page)
    await page.setViewportSize({ width: 1366, height: 850 })
  })

  await test.step('the hunter is back and settles; the sponsor says so of one of them, with its proof', async () => {
    await hunter.start([relay.url])
    await expect.poll(() => ledger.balance('hunter'), { timeout: SLOW_MS }).toBe(HUNTER_MSAT + POOL_SAT * 1000)
    await payments(page).getByRole('button', { name: /^Say what became of it/ }).first().click()
    const hash = await question(page).locator('code.whole-key').innerText()
    const proof = question(page).getByRole('textbox', { name: /its proof/ })
    const check = question(page).getByRole('button', { name: 'Check the proof' })
    await proof.fill(hash)
    await check.click()
    await expect(question(page).getByRole('alert')).toContainText('does not fit its payment hash')
    await question(page).getByRole('button', { name: 'It came back, or never left…' }).click()
    await expect(question(page)).toContainText('Say so only if the wallet shows that it failed')
    await onPhoneInTheDark(page)
    await page.setViewportSize({ width: 1366, height: 850 })
    const settled = await ledger.wallet('sponsor').lookUpOutgoing(hash)
    await proof.fill(settled.state === 'paid' ? settled.preimage : '')
    await check.click()
    await expect(question(page)).toHaveCount(0)
    await expect(payments(page).filter({ hasText: /proof [0-9a-f]{8}/ })).toHaveCount(1)
  })

  await test.step('the extension says it of the other once it is connected', async () => {
    await connect(page)
    await expect(page.locator('.balance')).toHaveText('4,000 sat')
    await expect(payments(page).filter({ hasText: /proof [0-9a-f]{8}/ })).toHaveCount(2)
    await expect(page.getByText('No wallet is connected.')).toHaveCount(0)
    await openBounty(page, 'Paid by an extension')
    await expect(money(page, 'Your bounty', 'Paid')).toHaveText('1,000')
    await expect(page.getByRole('region', { name: 'Submissions' })).toContainText('Accepted twice')
  })

  expect(extension.asked.filter((what) => what !== 'enable')).toHaveLength(4)
  expect([...ledger.sent.values()]).toEqual([1, 1, 1])
  expect([ledger.balance('sponsor'), ledger.balance('hunter'), ledger.lockedMsat()]).toEqual([(BEGUN_SAT - POOL_SAT) * 1000, HUNTER_MSAT + POOL_SAT * 1000, 0])
  expect(problems).toEqual([])
})
