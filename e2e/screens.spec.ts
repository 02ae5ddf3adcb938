// The first screen and the sections on laptop and phone, light and dark, and the way between them. The lab's own screens
// are checked where a lab runs (lab.spec).

import { expect, test, type Page } from '@playwright/test'
import { expectAccessible } from './accessible'

const SIZES = { laptop: { width: 1366, height: 800 }, phone: { width: 390, height: 844 } }

/** Errors and missing files from now on. */
function watch(page: Page): string[] {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
  })
  return problems
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`start page and sections, ${size}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const problems = watch(page)
      await page.goto('./')
      await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
      await expectAccessible(page)

      await page.getByText('Advanced').click()
      await page.getByRole('radio', { name: 'An address' }).check()
      await page.getByRole('heading', { name: 'Program' }).click()
      await expect(page.getByRole('textbox', { name: 'train.js' })).toContainText('the whole experiment')
      await expectAccessible(page)

      const sections = page.getByRole('navigation', { name: 'Sections' }).getByRole('link')
      for (const section of (await sections.all()).slice(1)) {
        await section.click()
        await expect(section).toHaveAttribute('aria-current', 'page')
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await expectAccessible(page)
      }
      expect(problems).toEqual([])
    })
  }
}

test('a section has an address, and Back returns to the setup as it was', async ({ page }) => {
  const problems = watch(page)
  await page.goto('./#v=1&budget=7s')
  await page.getByRole('combobox', { name: 'Method' }).selectOption('Random')
  await page.getByRole('link', { name: 'How it works' }).click()
  await expect(page.getByRole('main')).toBeFocused()
  await expect(page).toHaveTitle('How it works · Assay')
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveCount(0)

  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'How it works' })).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('combobox', { name: 'Method' })).toHaveValue('random')
  await expect(page.getByRole('radio', { name: '7 s' })).toBeChecked()
  await page.goForward()
  await expect(page.getByRole('heading', { level: 1, name: 'How it works' })).toBeVisible()

  await page.goto('./#v=1&view=nowhere')
  await expect(page.getByRole('link', { name: 'Lab', exact: true })).toHaveAttribute('aria-current', 'page')
  expect(problems).toEqual([])
})

test('a section whose code cannot be fetched says so, and the others go on', async ({ page }) => {
  await page.route('**/HowSection-*.js', (route) => route.abort())
  await page.goto('./#v=1&view=how')
  await expect(page.getByRole('alert')).toContainText('could not be shown')
  await expectAccessible(page)
  await page.getByRole('link', { name: 'Lab', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
})

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
