// A language model on a server of this machine: its address allowed, its key taken, a lab under its limits. The model's
// wit is scripted; sockets, policy, adapter, lab and stores are real.

import { expect, test } from '@playwright/test'
import { unzipSync } from 'fflate'
import { readFileSync } from 'node:fs'
import { startScriptedServer } from '../src/research/models/testing/scriptedServer'
import { expectAccessible } from './accessible'
import { DECIDED, onPhoneInTheDark, problemsOf, proposal, row, RUN_MS, SMALL, start } from './labPage'
import { stored } from './stored'

const KEY = 'sk-test-8c1f04e7d2'

test('a model server with a key: allowed, tried, run; the key is nowhere, or sealed', async ({ page }) => {
  test.setTimeout(300_000)
  const problems = await problemsOf(page)
  let rate = 0.05
  const server = await startScriptedServer(({ system }) => system.includes('reached') ? 'Hello, I am scripted.' : proposal(rate += 0.01))
  try {
    await test.step('its address is allowed first, for the page reloads itself', async () => {
      await page.goto(`./#${SMALL}`)
      await page.getByRole('radio', { name: 'A model' }).check()
      await page.getByRole('combobox', { name: 'Whose' }).selectOption('compatible')
      await page.getByRole('textbox', { name: 'Address' }).fill(server.address)
      await page.getByRole('combobox', { name: 'Model' }).fill('scripted')
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Allow it' }).click()
      await expect(page.getByText('This page may now reach')).toBeVisible()
    })

    await test.step('a key is given, and a trial is answered', async () => {
      await page.getByLabel('Key, if the server asks for one').fill(KEY)
      await page.getByRole('button', { name: 'Use this key' }).click()
      await expect(page.getByText('held in the memory of this tab')).toBeVisible()
      await page.getByRole('button', { name: 'Try it' }).click()
      await expect(page.getByText('Hello, I am scripted.')).toBeVisible()
      expect(server.asked[0].headers.authorization).toBe(`Bearer ${KEY}`)
      await page.getByText('How it is used').click()
      await page.getByRole('textbox', { name: 'Requests' }).fill('3')
      await onPhoneInTheDark(page)
      await page.setViewportSize({ width: 1440, height: 900 })
    })

    await test.step('it proposes, its row says so, and the meter counts', async () => {
      await start(page)
      await expect(row(page, 1)).toHaveAttribute('data-status', DECIDED, { timeout: RUN_MS })
      await expect(row(page, 1)).toContainText('scripted')
      const researcher = page.getByRole('region', { name: 'Researcher' })
      await expect(researcher.getByText('Tokens read')).toBeVisible()
      await expect(researcher.getByRole('list', { name: 'It ends after' })).toContainText('of 3')
      await expectAccessible(page)
    })

    await test.step('at its limit the lab waits and says so', async () => {
      await expect(page.getByRole('alert').or(page.getByRole('status')).filter({ hasText: /limit|allowed|requests/i }).first()).toBeVisible({ timeout: RUN_MS })
      await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible({ timeout: RUN_MS })
      expect(server.asked.length).toBeLessThanOrEqual(4)
    })

    await test.step('a key kept in memory is in no store, no address, no export and no question', async () => {
      expect(await stored(page)).not.toContain(KEY)
      expect(page.url()).not.toContain(KEY)
      await page.getByRole('button', { name: 'Export', exact: true }).click()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Repository (.zip)' }).click()
      const files = unzipSync(readFileSync(await (await download).path()))
      expect(Object.values(files).some((bytes) => Buffer.from(bytes).includes(KEY))).toBe(false)
      expect(server.asked.map(({ text }) => text).join('\n')).not.toContain(KEY)
    })

    await test.step('under a passphrase it survives a reload, sealed', async () => {
      await page.getByText('Another researcher').click()
      await page.getByRole('button', { name: 'Forget it' }).click()
      await page.getByLabel('Keep it in this browser under a passphrase').check()
      await page.getByLabel('Passphrase', { exact: true }).fill('four plain words here')
      await page.getByLabel('Key, if the server asks for one').fill(KEY)
      await page.getByRole('button', { name: 'Use this key' }).click()
      await expect(page.getByText('under your passphrase, and unlocked')).toBeVisible()
      expect(await stored(page)).not.toContain(KEY)
      await page.reload()
      await page.getByText('Another researcher').click()
      await page.getByLabel('Passphrase').fill('not these words at all')
      await page.getByRole('button', { name: 'Unlock' }).click()
      await expect(page.getByText(/opens none/)).toBeVisible()
      await page.getByLabel('Passphrase').fill('four plain words here')
      await page.getByRole('button', { name: 'Unlock' }).click()
      await expect(page.getByText('under your passphrase, and unlocked')).toBeVisible()
      await expectAccessible(page)
    })
  } finally {
    await server.close()
  }
  expect(problems).toEqual([])
})
