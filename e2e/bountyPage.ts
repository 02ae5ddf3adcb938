// The pages of bounties as their journeys use them, whoever acts in how many browsers.

import { readFile } from 'node:fs/promises'
import { expect, type Locator, type Page } from '@playwright/test'

/** What the form begins with: 80 % of it are paid at once, the rest after the re-check. */
export const POOL_SAT = 1000
export const FORBIDDEN = 'CANARY'
export const SLOW_MS = 120_000

export const tab = (page: Page, name: string) => page.getByRole('navigation', { name: 'Bounties' }).getByRole('button', { name }).click()

/** One figure of the money bar. */
export const money = (page: Page, part: string, name: 'Paid' | 'Locked' | 'Pending' | 'Came back') =>
  page.getByRole('region', { name: `Where it stands: ${part}` }).locator('.money-figures > div', { hasText: name }).locator('.num')

/** Fills in the form, but for the held-out text. */
export async function draftBounty(page: Page, title: string, targetBpb: string, delay: 'At once' | 'A day later'): Promise<void> {
  await tab(page, 'Post a bounty')
  await page.getByRole('textbox', { name: 'Title' }).fill(title, { timeout: SLOW_MS })
  await page.getByRole('textbox', { name: /Target/ }).fill(targetBpb)
  await page.getByText('Slices, holdback, lock times').click()
  await page.getByRole('combobox', { name: 'The rest is measured again' }).selectOption(delay)
  await page.getByRole('textbox', { name: 'Forbidden texts' }).fill(FORBIDDEN)
}

/** Posts what is in order. */
export async function post(page: Page, title: string): Promise<void> {
  await page.getByRole('region', { name: 'What you promise' }).getByRole('button', { name: 'Post it, for play money' }).click()
  await expect(page.getByRole('heading', { level: 2, name: title })).toBeVisible({ timeout: SLOW_MS })
}

/** Opens a bounty from the board. */
export async function openBounty(page: Page, title: string): Promise<void> {
  await tab(page, 'Board')
  await page.getByRole('button', { name: title, exact: true }).click({ timeout: SLOW_MS })
}

/** Takes part as a verifier, and waits for the attested baseline. */
export async function verify(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Verify this bounty' }).click()
  await expect(page.getByRole('region', { name: 'Timeline' })).toContainText('You attested the baseline on held-out text', { timeout: SLOW_MS })
}

/** Writes a program to hand in: a change of the baseline, or of the usual program. */
export async function writeProgram(page: Page, from: 'Begin with the baseline' | 'The usual program (practice)', change: (text: string) => string): Promise<void> {
  await page.getByRole('button', { name: /^Hand in a program/ }).click()
  await page.getByRole('button', { name: from }).click()
  const editor = page.getByRole('textbox', { name: 'train.js', exact: true })
  await expect(editor).not.toHaveValue('')
  await editor.fill(change(await editor.inputValue()))
}

/** The answer to the question that is asked now; of other wallets than its own the page does not believe that money is play money. */
export const yes = (page: Page, sat: number): Locator => page.getByRole('dialog').getByRole('button', { name: new RegExp(`^Yes, pay ${sat.toLocaleString('en-US')} (play )?sat$`) })

/** The exported ledger: msat, fees included, by direction and state. */
export async function ledgerOf(page: Page): Promise<Record<string, number>> {
  await tab(page, 'Wallet and ledger')
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export as CSV' }).click()])
  const [head, ...lines] = (await readFile((await download.path())!, 'utf8')).trimEnd().split('\r\n')
  expect(head).toMatch(/^created,updated,direction,state,amount \(sat\),fee \(sat\),/)
  const sums: Record<string, number> = {}
  for (const line of lines) {
    const [, , direction, state, amount, fee] = line.split(',')
    const name = `${direction}, ${state}`
    sums[name] = (sums[name] ?? 0) + Math.round((Number(amount) + Number(fee)) * 1000)
  }
  return sums
}
