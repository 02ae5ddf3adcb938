// A whole bounty in one tab, with play money: three people, real Lightning nodes on a private chain, the lab's own judge.

import { expect, test, type Page } from '@playwright/test'
import { expectAccessible } from './accessible'
import { draftBounty, FORBIDDEN, ledgerOf, money, openBounty, POOL_SAT, post, SLOW_MS, tab, verify, writeProgram, yes } from './bountyPage'
import { onPhoneInTheDark, problemsOf } from './labPage'

const START_SAT = 1_000_000

type Person = 'Sponsor' | 'Hunter' | 'Verifier'

const be = (page: Page, who: Person) => page.getByRole('radio', { name: new RegExp(`^${who}`) }).check()
const onLaptop = async (page: Page) => {
  await page.setViewportSize({ width: 1366, height: 850 })
  await page.emulateMedia({ colorScheme: 'light' })
}

/** What the strip of the three says, in play sat. */
async function balanceOf(page: Page, who: Person): Promise<number> {
  const text = await page.locator('.practice-person', { hasText: who }).locator('.num').textContent()
  return Number(text!.replaceAll(',', ''))
}

async function expectBalances(page: Page, sponsor: number, hunter: number): Promise<void> {
  await expect.poll(async () => [await balanceOf(page, 'Sponsor'), await balanceOf(page, 'Hunter'), await balanceOf(page, 'Verifier')], { timeout: SLOW_MS })
    .toEqual([sponsor, hunter, START_SAT])
}

async function offer(page: Page, title: string, delay: Parameters<typeof draftBounty>[3]): Promise<void> {
  await be(page, 'Sponsor')
  await draftBounty(page, title, '0.05', delay)
  const summary = page.getByRole('region', { name: 'What you promise' })
  await expect(summary.getByText('The held-out text: at least one is needed')).toBeVisible()
  await page.getByRole('button', { name: 'Draw fresh stories' }).click()
  await expect(summary.getByRole('button', { name: 'Post it, for play money' })).toHaveAttribute('aria-disabled', 'false')
  await expectAccessible(page)
  await post(page, title)
}

/** Opens a bounty from the board as somebody. */
async function open(page: Page, who: Person, title: string): Promise<void> {
  await be(page, who)
  await openBounty(page, title)
}

async function attest(page: Page, title: string): Promise<void> {
  await open(page, 'Verifier', title)
  await verify(page)
}

async function write(page: Page, title: string, change: (usual: string) => string): Promise<void> {
  await open(page, 'Hunter', title)
  await writeProgram(page, 'The usual program (practice)', change)
}

test('one tab: a refused patch costs nothing, a good one is paid to the last slice, a holdback comes back by mining', async ({ page }) => {
  test.setTimeout(400_000)
  const problems = await problemsOf(page)
  await onLaptop(page)
  await page.goto('./#v=1&view=bounties')
  const question = page.getByRole('dialog')

  await test.step('three wallets with play money, and a lab to improve', async () => {
    await expect(page.getByText('No relay is chosen')).toBeVisible()
    await page.getByRole('button', { name: /Play a whole bounty in this tab/ }).click()
    await expectBalances(page, START_SAT, START_SAT)
    await tab(page, 'Post a bounty')
    await page.getByRole('button', { name: 'Make a practice lab' }).click()
    await expect(page.getByRole('textbox', { name: 'Title' })).toBeVisible({ timeout: SLOW_MS })
  })

  await test.step('the sponsor posts, the verifier attests the baseline', async () => {
    await offer(page, 'Learn faster', 'At once')
    await attest(page, 'Learn faster')
    await expectAccessible(page)
  })

  await test.step('a forbidden text: locked, refused, and all of it back', async () => {
    await write(page, 'Learn faster', (usual) => `${usual}\n// ${FORBIDDEN}\n`)
    await expect(page.getByText(`It adds "${FORBIDDEN}", which this bounty forbids.`)).toBeVisible()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Hand it in all the same' }).click()
    await expect(question).toContainText('10 × 100 play sat', { timeout: SLOW_MS })
    await expect(question).toContainText('the hunter of this tab')
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await expect(question).toHaveCount(0)
    await page.getByRole('button', { name: 'Look at them' }).click()
    await onPhoneInTheDark(page)
    await yes(page, POOL_SAT).click()
    await onLaptop(page)
    await expect(page.getByRole('region', { name: 'What you handed in' })).toContainText('which this bounty forbids', { timeout: SLOW_MS })
    await open(page, 'Sponsor', 'Learn faster')
    await expect(money(page, 'Your bounty', 'Came back')).toHaveText('1,000', { timeout: SLOW_MS })
    await expectBalances(page, START_SAT, START_SAT)
  })

  await test.step('a better program: every slice is paid, the last two after the re-check', async () => {
    await write(page, 'Learn faster', (usual) => usual)
    await expect(page.getByText('Size and content are within the rules.')).toBeVisible()
    await page.getByRole('button', { name: 'Hand it in', exact: true }).click()
    await yes(page, POOL_SAT).click({ timeout: SLOW_MS })
    await expectBalances(page, START_SAT - POOL_SAT, START_SAT + POOL_SAT)
    await open(page, 'Sponsor', 'Learn faster')
    await expect(money(page, 'Your bounty', 'Paid')).toHaveText('1,000', { timeout: SLOW_MS })
    const submissions = page.getByRole('region', { name: 'Submissions' })
    await submissions.getByRole('button', { name: /#2/ }).click()
    await expect(submissions).toContainText('Accepted twice')
    await submissions.getByText('What you bought: the changes').click()
    await expect(submissions.getByRole('textbox', { name: 'train.js, changes marked' })).toContainText('MATRIX_LR')
    await expectAccessible(page)
  })

  await test.step('a day’s delay: four fifths are paid, the rest is locked, and outlives a reload', async () => {
    await offer(page, 'Learn faster still', 'A day later')
    await attest(page, 'Learn faster still')
    await write(page, 'Learn faster still', (usual) => usual)
    await page.getByRole('button', { name: 'Hand it in', exact: true }).click()
    await yes(page, POOL_SAT).click({ timeout: SLOW_MS })
    await open(page, 'Sponsor', 'Learn faster still')
    await expect(money(page, 'Your bounty', 'Paid')).toHaveText('800', { timeout: SLOW_MS })
    await page.reload()
    await expect(page.getByRole('heading', { level: 2, name: 'Learn faster still' })).toBeVisible({ timeout: SLOW_MS })
    await expect(money(page, 'Your bounty', 'Locked')).toHaveText('200')
    await expect(page.getByText(/refundable: then it returns by itself/)).toBeVisible()
    await page.getByRole('button', { name: 'Accept it' }).click()
    await expect(page.getByRole('region', { name: 'Timeline' })).toContainText('You reviewed and accepted it')
    await onPhoneInTheDark(page)
    await onLaptop(page)
  })

  await test.step('time passes: the holdback comes back by itself', async () => {
    await tab(page, 'Wallet and ledger')
    await page.getByRole('button', { name: /^Mine \d+ blocks/ }).click()
    await expectBalances(page, START_SAT - POOL_SAT - 800, START_SAT + POOL_SAT + 800)
  })

  await test.step('the ledger adds up, on paper too', async () => {
    await expectAccessible(page)
    await onPhoneInTheDark(page)
    expect(await ledgerOf(page)).toEqual({ 'paid, paid': 1_800_000, 'paid, failed': 1_200_000 })
    await tab(page, 'In five minutes')
    await expect(page.getByRole('heading', { name: 'A bounty in five minutes' })).toBeVisible()
    await expectAccessible(page)
    await tab(page, 'Mine')
    await expectAccessible(page)
  })
  expect(problems).toEqual([])
})
