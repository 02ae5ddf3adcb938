// The same bounty with wallets behind Nostr Wallet Connect: each browser is connected to a wallet service of its own by a
// pasted string. The sponsor's service goes offline while its money is locked, and its browser is closed and opened again.

import { expect, test } from '@playwright/test'
import { WebSocket } from 'ws'
import { satText } from '../src/ui/state/bountyMoney'
import { MoneyLedger } from '../src/wallet/testing/ledger'
import { startNwcService, type NwcService } from '../src/wallet/testing/nwcService'
import { startRelay, type TestRelay } from '../src/wallet/testing/relay'
import { expectBalance, Part, playBounty, type Gains, type Parts } from './bountyJourney'
import { SLOW_MS, tab } from './bountyPage'

const PASSPHRASE = 'five small rates and a seed'
const WHO = ['sponsor', 'hunter', 'verifier'] as const
const START_MSAT: Gains = { sponsor: 2_000_000_125, hunter: 40_250, verifier: 7 }
const BUDGET_MSAT = 1_500_000
const FEE_PERCENT = 5

let relay: TestRelay
const ledger = new MoneyLedger(() => Math.floor(Date.now() / 1000))
const services = {} as Record<keyof Parts, NwcService>
let feesPaid = 0

test.beforeAll(async () => {
  globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket // Node 20 has none
  relay = await startRelay()
  for (const who of WHO) {
    const wallet = ledger.wallet(who, START_MSAT[who])
    services[who] = await startNwcService({ wallet, relay: relay.url, budgetMsat: BUDGET_MSAT })
  }
  ledger.wallet('verifier').subscribe((event) => {
    if (event.kind === 'incoming' && event.state.state === 'settled') feesPaid++
  })
})
test.afterAll(async () => {
  for (const service of Object.values(services)) service.close()
  await relay.close()
})

async function connect(part: Part, who: keyof Parts): Promise<void> {
  const { page } = part
  await tab(page, 'Wallet and ledger')
  await page.getByRole('radio', { name: 'Connection string' }).check()
  await page.locator('input[type=password]').fill(services[who].uri)
  await page.getByRole('checkbox', { name: 'Keep it in this browser under a passphrase' }).check()
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await expectBalance(part, START_MSAT[who])
  await expect(page.getByText('Can receive locked payments')).toBeVisible()
  await expect(page.getByText(`The wallet lets this page spend ${satText(BUDGET_MSAT, true)}, renewed never; 0 play sat of it is used.`)).toBeVisible()
}

/** Closes the browser's page without a word; another one connects with what was kept under the passphrase. */
async function restart(part: Part): Promise<void> {
  await part.reopen()
  const { page } = part
  await tab(page, 'Wallet and ledger')
  await page.getByRole('radio', { name: 'Connection string' }).check()
  await page.getByRole('button', { name: 'I have one kept here' }).click()
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
  await page.getByRole('button', { name: 'Unlock and connect' }).click()
  await expect(page.locator('.balance')).toBeVisible({ timeout: SLOW_MS })
}

test('three browsers and their wallet services: refused, paid in part with holdback and fees, refunded by time', async ({ browser }) => {
  test.setTimeout(400_000)
  const [sponsor, hunter, verifier] = await Promise.all(WHO.map(() => Part.open(browser, relay.url)))
  const parts: Parts = { sponsor, hunter, verifier }

  await test.step('three pasted strings', () => Promise.all(WHO.map((who) => connect(parts[who], who))))

  await playBounty(parts, {
    feePercent: FEE_PERCENT,
    afterPosting: async () => undefined,
    async whileLocked() {
      services.sponsor.faults.isOffline = true
      await tab(sponsor.page, 'Wallet and ledger')
      await expect(sponsor.page.getByText('The wallet does not answer.').first()).toBeVisible({ timeout: SLOW_MS })
      // paid and given back behind the back of the one who pays
      await expect.poll(() => ledger.lockedMsat(), { timeout: SLOW_MS }).toBe(0)
      services.sponsor.faults.isOffline = false
      await restart(sponsor)
      // one bill for each verdict, asked about together or one after the other
      const pay = sponsor.page.getByRole('dialog').getByRole('button', { name: /^Yes, pay/ })
      await expect(async () => {
        if (await pay.isVisible()) await pay.click({ timeout: 1000 })
        expect(feesPaid).toBe(2)
      }).toPass({ timeout: SLOW_MS })
    },
    async passTime() {
      ledger.mine(200)
      await restart(hunter)
    },
    async expectGains(gains) {
      const expected = Object.fromEntries(WHO.map((who) => [who, START_MSAT[who] + gains[who]])) as Gains
      await expect.poll(() => Object.fromEntries(WHO.map((who) => [who, ledger.balance(who)])), { timeout: SLOW_MS }).toEqual(expected)
      for (const who of WHO) if (!parts[who].page.isClosed()) await expectBalance(parts[who], expected[who])
    },
  })

  // whatever was offline, closed or asked again: no payment left twice
  expect(new Set(ledger.sent.values())).toEqual(new Set([1]))
  const usedMsat = START_MSAT.sponsor - ledger.balance('sponsor')
  await expect(sponsor.page.getByText(`${satText(usedMsat, true)} of it is used.`)).toBeVisible()
})
