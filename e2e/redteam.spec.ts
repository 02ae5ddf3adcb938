// The red team in the page as it is published: every known cheat is tried live, and every one is blocked.

import { expect, test } from '@playwright/test'
import { expectAccessible } from './accessible'
import { watchViolations } from './violations'

test('every known cheat is tried and blocked, and the lab works on', async ({ page }) => {
  test.setTimeout(600_000)
  const violations = await watchViolations(page)
  await page.goto('./#v=1&view=redteam')
  const cheats = page.locator('[data-cheat]')
  await expect.poll(() => cheats.count()).toBeGreaterThanOrEqual(25)
  const total = await cheats.count()
  await expectAccessible(page)

  await page.locator('button[aria-disabled="false"]', { hasText: 'Try them all' }).click()
  await expect(page.getByText(/[1-9]\d* of \d+ tried/)).toBeVisible({ timeout: 60_000 })
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  const sum = page.locator('.redteam-sum')
  await expect(sum).toContainText('not tried', { timeout: 60_000 })

  await page.getByRole('button', { name: 'Try them all' }).click()
  await expect(sum).toHaveText(`${total} blocked, 0 not blocked.`, { timeout: 540_000 })
  for (const reason of await page.locator('.cheat-reason').allTextContents()) expect(reason).not.toBe('')
  await page.setViewportSize({ width: 390, height: 844 })
  await expectAccessible(page)
  // nothing of what was tried even asked the browser for something that the policy forbids
  expect(violations).toEqual([])
})
