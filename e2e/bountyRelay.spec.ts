// A bounty between three browsers over a relay, with play money: messages and the private Lightning network go through the
// relay, and each browser plays one part. The one that hosts the network is loaded anew, and the hunter's is closed while
// its money is locked.

import { expect, test } from '@playwright/test'
import { startRelay, type TestRelay } from '../src/wallet/testing/relay'
import { expectBalance, Part, playBounty, TITLE } from './bountyJourney'
import { SLOW_MS, tab } from './bountyPage'

const START_MSAT = 1_000_000_000

let relay: TestRelay
test.beforeAll(async () => {
  relay = await startRelay()
})
test.afterAll(() => relay.close())

/** Makes a private network, or joins one through the relay. */
async function join(part: Part, code: string | null): Promise<void> {
  const { page } = part
  await tab(page, 'Wallet and ledger')
  await page.getByRole('radio', { name: 'Practice' }).check()
  if (code !== null) {
    await page.getByRole('radio', { name: 'Join one' }).check()
    await page.getByRole('textbox', { name: 'Code of the network' }).fill(code)
    await page.getByRole('radio', { name: 'Through a relay' }).check()
  }
  await page.getByRole('button', { name: /with play money/ }).last().click()
  await expectBalance(part, START_MSAT)
}

test('three browsers and a relay: refused, paid in part with its holdback, refunded by time; two of them restart', async ({ browser }) => {
  test.setTimeout(400_000)
  const [sponsor, hunter, verifier] = await Promise.all([1, 2, 3].map(() => Part.open(browser, relay.url)))

  await test.step('one network, and its code for the others', async () => {
    await join(sponsor, null)
    await join(hunter, await sponsor.page.getByText('Others join with this code').locator('code').textContent())
  })

  await playBounty({ sponsor, hunter, verifier }, {
    feePercent: 0,
    async afterPosting() {
      await sponsor.page.reload()
      await expect(sponsor.page.getByRole('heading', { level: 2, name: TITLE })).toBeVisible({ timeout: SLOW_MS })
    },
    whileLocked: () => hunter.reopen(),
    async passTime() {
      const { page } = sponsor
      await tab(page, 'Wallet and ledger')
      await page.getByRole('button', { name: /^Mine \d+ blocks/ }).click()
      await expect(page.getByText(/^The chain is at block/)).toBeVisible({ timeout: SLOW_MS })
    },
    async expectGains(gains) {
      await expectBalance(sponsor, START_MSAT + gains.sponsor)
      await expectBalance(hunter, START_MSAT + gains.hunter)
    },
  })
})
