// The practice wallet as it is built: two tabs of one browser, each with a node in a worker, under the page's policy.

import { createHash, randomBytes } from 'node:crypto'
import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import { openBarePage } from './barePage'
import type { Host } from './hosting'
import { watchViolations } from './violations'

let site: Host
test.beforeAll(async () => {
  site = await openBarePage('practice')
})
test.afterAll(() => site.close())

async function openTab(context: BrowserContext, name: string, isHost: boolean): Promise<{ page: Page; violations: string[]; join(): Promise<void> }> {
  const page = await context.newPage()
  const violations = await watchViolations(page)
  await page.goto(site.page)
  return {
    page,
    violations,
    async join() {
      if (isHost) await page.evaluate(() => window.member.host())
      await page.evaluate((who) => window.member.join(who), name)
    },
  }
}

const balance = (page: Page) => page.evaluate(() => window.member.balance())

test('two tabs: money is locked, outlives reloads of both, is settled, and comes back by itself', async ({ context }) => {
  const sponsor = await openTab(context, 'sponsor', true)
  const hunter = await openTab(context, 'hunter', false)
  await sponsor.join()
  await hunter.join()
  expect(await sponsor.page.evaluate(() => window.member.members())).toEqual(['sponsor', 'hunter'])
  expect(await hunter.page.evaluate(() => window.member.refused('sponsor'))).toBe('lab.state')

  const preimage = randomBytes(32)
  const paymentHash = createHash('sha256').update(preimage).digest('hex')
  const bolt11 = await hunter.page.evaluate((hash) => window.member.hold(hash, 40_000_001, 144), paymentHash)
  expect(await sponsor.page.evaluate((invoice) => window.member.pay(invoice), bolt11)).toEqual({ state: 'pending' })
  await expect.poll(() => hunter.page.evaluate((hash) => window.member.incoming(hash), paymentHash)).toMatchObject({ state: 'locked', amountMsat: 40_000_001 })

  for (const tab of [hunter, sponsor]) {
    await tab.page.reload()
    await tab.join()
  }
  await expect.poll(() => hunter.page.evaluate(() => window.member.height())).toBe(await sponsor.page.evaluate(() => window.member.height()))
  expect(await sponsor.page.evaluate((invoice) => window.member.pay(invoice), bolt11)).toEqual({ state: 'pending' })
  await hunter.page.evaluate((secret) => window.member.settle(secret), preimage.toString('hex'))
  const paid = { state: 'paid', preimage: preimage.toString('hex'), feeMsat: 0 }
  await expect.poll(() => sponsor.page.evaluate((hash) => window.member.outgoing(hash), paymentHash)).toEqual(paid)
  expect([await balance(sponsor.page), await balance(hunter.page)]).toEqual([1_000_000_000 - 40_000_001, 1_000_000_000 + 40_000_001])

  const other = createHash('sha256').update(randomBytes(32)).digest('hex')
  const second = await hunter.page.evaluate((hash) => window.member.hold(hash, 7_000_000, 40), other)
  await sponsor.page.evaluate((invoice) => window.member.pay(invoice), second)
  await expect.poll(() => hunter.page.evaluate((hash) => window.member.incoming(hash), other)).toMatchObject({ state: 'locked' })
  await hunter.page.evaluate(() => window.member.mine(40))
  await expect.poll(() => sponsor.page.evaluate((hash) => window.member.outgoing(hash), other)).toMatchObject({ state: 'failed' })
  await expect.poll(() => balance(sponsor.page)).toBe(1_000_000_000 - 40_000_001)
  expect([...sponsor.violations, ...hunter.violations]).toEqual([])
})
