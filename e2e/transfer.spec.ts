// How much of a gain carries over, in the page: refused while there is none, estimated, stopped, gone on with, and kept.

import { expect, test } from '@playwright/test'
import { expectAccessible } from './accessible'

/** The plain rule keeps whatever scores lower once: a gain comes within a few runs of a second. */
const SHORT_LAB = './#v=1&budget=2000tok&rule=plain'
const RUN_MS = 240_000

test('a gain is transferred to a larger model', async ({ page }) => {
  test.setTimeout(600_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.addInitScript(() => {
    // frames of the box have no storage
    if (self === top) localStorage.setItem('assay.backend', 'wasm')
  })

  await test.step('a lab keeps something, and waits', async () => {
    await page.goto(SHORT_LAB)
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByRole('heading', { name: 'Transfer', exact: true }).click()
    await expect(page.getByText('Nothing has been kept yet, so there is no gain to transfer.')).toBeVisible()
    await expect(page.getByRole('list', { name: 'Experiments' }).locator('[data-status="keep"]').first()).toBeVisible({ timeout: RUN_MS })
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible({ timeout: RUN_MS })
  })

  await test.step('the estimate says what would be measured, and for how long', async () => {
    await page.getByLabel('A longer budget').uncheck()
    await page.getByLabel('Another text').uncheck()
    await page.getByRole('combobox', { name: 'Size knobs' }).selectOption('1.25')
    await page.getByRole('combobox', { name: 'Seeds' }).selectOption('2')
    await page.getByRole('button', { name: 'Estimate', exact: true }).click()
    const estimate = page.getByRole('region', { name: 'Estimate of the transfer' })
    await expect(estimate).toContainText(/WIDTH \d+ → \d+/)
    await expect(page.getByRole('button', { name: /^Measure, about/ })).toBeVisible()
    await expectAccessible(page)
  })

  await test.step('stopped and asked for again, it goes on; the lab waits meanwhile', async () => {
    await page.getByRole('button', { name: /^Measure, about/ }).click()
    await expect(page.getByText(/run [2-8] of 8/)).toBeVisible({ timeout: RUN_MS })
    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await expect(page.getByText('A transfer is being measured, and both would be slowed down.').first()).toBeVisible()
    await page.getByRole('button', { name: 'Stop the transfer' }).click()
    const result = page.getByRole('region', { name: /^Transfer of experiment/ })
    await expect(result).toContainText('Not finished.')
    await page.getByRole('button', { name: 'Estimate', exact: true }).click()
    await page.getByRole('button', { name: /^Measure, about/ }).click()
    await expect(result).toContainText('8 runs', { timeout: RUN_MS })
    await expect(result).not.toContainText('Not finished.')
    await expect(result.getByRole('row', { name: /Larger model/ })).toContainText(/Carries over|In part|Lost|Reversed|Cannot tell/)
  })

  await test.step('the report is kept, and fits a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await page.reload()
    await page.getByRole('heading', { name: 'Transfer', exact: true }).click()
    await expect(page.getByRole('region', { name: /^Transfer of experiment/ })).toContainText('8 runs')
    await expectAccessible(page)
  })
  expect(problems).toEqual([])
})
