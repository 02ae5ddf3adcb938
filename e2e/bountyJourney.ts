// A bounty between three browsers that share nothing but a relay: a submission that is refused, one that is paid in part,
// holdback and all, and one whose money comes back because nobody judges it. Whatever wallets they have.

import { expect, test, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test'
import { satText } from '../src/ui/state/bountyMoney'
import { draftBounty, FORBIDDEN, ledgerOf, money, openBounty, POOL_SAT, post, SLOW_MS, tab, verify, writeProgram, yes } from './bountyPage'
import { problemsOf } from './labPage'


export const TITLE = 'Across a relay'
const SLOW_RATE = 'MATRIX_LR = knob(0.004'
const QUICK_RATE = 'MATRIX_LR = knob(0.08'
/** The quick rate gains 0.5 to 0.75, whatever the seeds: a part of it, and never all. */
const TARGET_BPB = '1'
/** So many that a quarter of the target has one in the holdback: ⌊0.2 · 20 · r⌋. */
const SLICES = 20
const SLICE_MSAT = (POOL_SAT / SLICES) * 1000

/** One person in a browser of their own. */
export class Part {
  page!: Page
  /** public key on the board */
  key = ''
  private readonly context: BrowserContext
  private readonly problems: string[][] = []

  private constructor(context: BrowserContext) {
    this.context = context
  }

  static async open(browser: Browser, relay: string): Promise<Part> {
    const part = new Part(await browser.newContext({ viewport: { width: 1366, height: 850 } }))
    await part.reopen()
    const { page } = part
    await page.getByText('Relays', { exact: true }).click()
    await page.getByRole('textbox', { name: 'Address of a relay' }).fill(relay)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    // the page reloads itself with the address allowed
    await expect(page.getByText('From 1 relay.')).toBeVisible({ timeout: SLOW_MS })
    part.key = (await page.locator('.persona-me code').getAttribute('title'))!
    return part
  }

  /** Ends the page without a word, and opens another one. */
  async reopen(): Promise<void> {
    await this.page?.close()
    this.page = await this.context.newPage()
    this.problems.push(await problemsOf(this.page))
    await this.page.goto('./#v=1&view=bounties')
  }

  leave(): Promise<void> {
    return this.context.close()
  }

  expectNoProblems(): void {
    expect(this.problems.flat()).toEqual([])
  }
}

export interface Parts {
  sponsor: Part
  hunter: Part
  verifier: Part
}

/** Msat that each has more than at the beginning. */
export type Gains = Record<keyof Parts, number>

/** What depends on the wallets. */
export interface Ways {
  /** of what is earned, on top of the pool */
  feePercent: number
  /** something happens to a browser: the bounty has just been posted */
  afterPosting(): Promise<void>
  /** something happens: every slice is locked, and the program is being measured */
  whileLocked(): Promise<void>
  /** every lock ends */
  passTime(): Promise<void>
  /** the wallets themselves, not what pages say of them */
  expectGains(gains: Gains): Promise<void>
}

/** What the wallet's page says, asked again until it is this. */
export async function expectBalance({ page }: Part, msat: number): Promise<void> {
  await expect(async () => {
    await tab(page, 'Wallet and ledger')
    await expect(page.locator('.balance')).toHaveText(satText(msat, true), { timeout: 2000 })
  }).toPass({ timeout: SLOW_MS })
}

/** From posting to the last slice. Everybody has a wallet with play money, but for a verifier without a fee. */
export async function playBounty({ sponsor, hunter, verifier }: Parts, ways: Ways): Promise<void> {
  const { feePercent } = ways
  const submission = (number: number) => hunter.page.getByRole('group', { name: `Your submission ${number}` })
  const isBack = async (sat: number) => {
    await openBounty(sponsor.page, TITLE)
    await expect(money(sponsor.page, 'Your bounty', 'Came back')).toHaveText(sat.toLocaleString('en-US'), { timeout: SLOW_MS })
  }

  await test.step('the sponsor makes a lab to improve, names the verifier by key, and posts', async () => {
    const { page } = sponsor
    await tab(page, 'Post a bounty')
    await page.getByRole('button', { name: 'Make a practice lab' }).click()
    await draftBounty(page, TITLE, TARGET_BPB, 'At once')
    await page.getByRole('textbox', { name: /^Slices/ }).fill(String(SLICES))
    await page.getByRole('textbox', { name: 'Verifiers’ fee' }).fill(String(feePercent))
    await page.getByText('Measuring', { exact: true }).click()
    await page.getByRole('textbox', { name: 'Fresh seeds' }).fill('1')
    await page.getByRole('textbox', { name: 'Public key of a verifier' }).fill(verifier.key)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: 'Draw fresh stories' }).click()
    await post(page, TITLE)
    await ways.afterPosting()
  })

  await test.step('the verifier attests the baseline', async () => {
    await openBounty(verifier.page, TITLE)
    await verify(verifier.page)
  })

  await test.step('a forbidden text: locked, refused, and all of it back', async () => {
    await openBounty(hunter.page, TITLE)
    await writeProgram(hunter.page, 'Begin with the baseline', (text) => `${text}\n// ${FORBIDDEN}\n`)
    await hunter.page.getByRole('button', { name: 'Hand it in all the same' }).click()
    await expect(sponsor.page.getByRole('dialog')).toContainText(hunter.key, { timeout: SLOW_MS })
    await yes(sponsor.page, POOL_SAT).click()
    await expect(submission(1)).toContainText('which this bounty forbids', { timeout: SLOW_MS })
    await isBack(POOL_SAT)
    await ways.expectGains({ sponsor: 0, hunter: 0, verifier: 0 })
  })

  const { paidMsat, feesMsat, leftSat } = await test.step('a better program: paid in part, the last slice after the re-check; the rest is back at once', async () => {
    await openBounty(hunter.page, TITLE)
    await writeProgram(hunter.page, 'Begin with the baseline', (text) => text.replace(SLOW_RATE, QUICK_RATE))
    await expect(hunter.page.getByText('Size and content are within the rules.')).toBeVisible()
    await hunter.page.getByRole('button', { name: 'Hand it in', exact: true }).click()
    await yes(sponsor.page, POOL_SAT).click({ timeout: SLOW_MS })
    await expect(submission(2)).toContainText(/The money is locked|The verdict is in your favour|It is over/, { timeout: SLOW_MS })
    await ways.whileLocked()
    await openBounty(hunter.page, TITLE)
    await expect(submission(2)).toContainText('It is over: what you earned is yours.', { timeout: SLOW_MS })
    const [now, later] = await Promise.all(['First verdict', 'Re-check'].map((phase) => releasedBy(submission(2), phase)))
    expect([now, later, SLICES - now - later].map(Math.sign)).toEqual([1, 1, 1])
    const paid = (now + later) * SLICE_MSAT
    const fees = feeMsat(feePercent, now) + feeMsat(feePercent, later)
    await isBack(2 * POOL_SAT - paid / 1000)
    await expect(money(sponsor.page, 'Your bounty', 'Paid')).toHaveText(String(paid / 1000), { timeout: SLOW_MS })
    await ways.expectGains({ sponsor: -paid - fees, hunter: paid, verifier: fees })
    return { paidMsat: paid, feesMsat: fees, leftSat: POOL_SAT - paid / 1000 }
  })

  await test.step('nobody judges the third: time passes, and its money comes back by itself', async () => {
    await openBounty(hunter.page, TITLE)
    await writeProgram(hunter.page, 'Begin with the baseline', (text) => text.replace(SLOW_RATE, QUICK_RATE))
    await hunter.page.getByRole('button', { name: 'Hand it in', exact: true }).click()
    await expect(yes(sponsor.page, leftSat)).toBeVisible({ timeout: SLOW_MS })
    await verifier.leave()
    await yes(sponsor.page, leftSat).click()
    await expect(submission(3)).toContainText('The money is locked', { timeout: SLOW_MS })
    await ways.passTime()
    await isBack(POOL_SAT + 2 * leftSat)
    await openBounty(hunter.page, TITLE)
    await expect(submission(3)).toContainText('nothing was earned, and every lock is released', { timeout: SLOW_MS })
    await ways.expectGains({ sponsor: -paidMsat - feesMsat, hunter: paidMsat, verifier: feesMsat })
  })

  await test.step('both ledgers say the same to the msat', async () => {
    const backMsat = (POOL_SAT + 2 * leftSat) * 1000
    expect(await ledgerOf(sponsor.page)).toEqual({ 'paid, paid': paidMsat + feesMsat, 'paid, failed': backMsat })
    expect(await ledgerOf(hunter.page)).toEqual({ 'received, settled': paidMsat, 'received, cancelled': backMsat })
  })
  for (const part of [sponsor, hunter, verifier]) part.expectNoProblems()
}

/** Slices that a verdict released, as it is shown. */
async function releasedBy(submission: Locator, phase: string): Promise<number> {
  const said = await submission.locator('.verdict', { hasText: `${phase}: accepted` }).textContent()
  return Number(/Slices released(\d+) of 20/.exec(said!)![1])
}

/** Whole sats. */
const feeMsat = (percent: number, slices: number) => Math.floor((slices * SLICE_MSAT * percent) / 100_000) * 1000
