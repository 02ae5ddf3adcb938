// The first screen on laptop and phone, light and dark. The lab's own screens are checked where a lab runs (lab.spec).

import { expect, test } from '@playwright/test'
import { expectAccessible } from './accessible'

const SIZES = { laptop: { width: 1366, height: 800 }, phone: { width: 390, height: 844 } }

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`start page, ${size}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('response', (response) => {
        if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
      })
      await page.goto('./')
      await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
      await expectAccessible(page)

      await page.getByText('Advanced').click()
      await page.getByRole('radio', { name: 'An address' }).check()
      await page.getByRole('heading', { name: 'Program' }).click()
      await expect(page.getByRole('textbox', { name: 'train.js' })).toContainText('the whole experiment')
      await expectAccessible(page)
      expect(problems).toEqual([])
    })
  }
}

test('Start can be reached and pressed by keyboard alone', async ({ page }) => {
  await page.goto('./')
  const start = page.getByRole('button', { name: 'Start', exact: true })
  await expect(start).toHaveAttribute('aria-disabled', 'false')
  for (let i = 0; i < 10; i++) {
    await page.keyboard.press('Tab')
    if (await start.evaluate((button) => button === document.activeElement)) return
  }
  throw new Error('ten presses of Tab did not reach Start')
})
