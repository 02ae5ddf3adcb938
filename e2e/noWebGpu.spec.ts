// A browser that cannot train, as Chromium on Linux is without flags: the page says precisely why and what to do.

import { expect, test } from '@playwright/test'
import { expectAccessible } from './accessible'

const advice = { name: 'This browser cannot train yet' }

test('without an adapter the page names the cause and the steps', async ({ page }) => {
  await page.goto('./')
  const told = page.getByRole('region', advice)
  await expect(told).toContainText('no graphics adapter')
  await expect(told).toContainText(/Chrome \d+ on Linux/)
  await expect(told.getByRole('listitem').filter({ hasText: '#enable-unsafe-webgpu' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'true')
  await expectAccessible(page)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await expectAccessible(page)
})

test('without navigator.gpu the page says that instead', async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'))
  await page.goto('./')
  await expect(page.getByRole('region', advice)).toContainText('navigator.gpu is missing')
})
