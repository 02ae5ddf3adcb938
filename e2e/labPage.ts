// A lab's page as the journeys of researchers use it.

import { expect, type Locator, type Page } from '@playwright/test'
import { expectAccessible } from './accessible'
import { watchViolations } from './violations'

/** Runs too small to learn much, so that several fit into a test. */
export const SMALL = 'v=1&budget=2000tok'
export const RUN_MS = 120_000
export const DECIDED = /keep|discard|crash|timeout|checks_failed/

/** A proposal as a model would write it. */
export function proposal(value: number): string {
  const knobs = { form: 'knobs', values: [{ name: 'MATRIX_LR', value }] }
  const words = { hypothesis: `A rate of ${value} covers more ground.`, description: `MATRIX_LR to ${value}`, category: 'lr' }
  return JSON.stringify({ ...words, expectedDelta: -0.01, probability: 0.3, edit: knobs })
}

export function row(page: Page, number: number): Locator {
  return page.getByRole('list', { name: 'Experiments' }).locator(`[data-number="${number}"]`)
}

export async function start(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Start', exact: true })
  await expect(button).toHaveAttribute('aria-disabled', 'false')
  await button.click()
}

export async function onPhoneInTheDark(page: Page): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await expectAccessible(page)
}

export async function problemsOf(page: Page): Promise<string[]> {
  const problems = await watchViolations(page)
  page.on('pageerror', (error) => problems.push(error.message))
  return problems
}
