// A kernel of one's own in the page: a wrong derivative is named before anything is trained, a right one trains and is judged.

import { expect, test, type Locator, type Page } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { expectAccessible } from './accessible'

/** Ten steps of the default program, one run a program. */
const SHORT_LAB = './#v=1&budget=5120tok&rule=plain'
const RUN_MS = 240_000

/** The default program with a squared ReLU in WGSL in place of the built-in one. */
function programWith(backward: string): string {
  const text = readFileSync(new URL('../public/programs/train.js', import.meta.url), 'utf8')
  const kernel = `g.wgsl({
          name: 'ownReluSquared', per: 'token', inputs: { x: up }, output: [hidden], lanes: hidden,
          forward: \`fn forward(t: u32, lane: u32) { let v = max(x(lane), 0.0); set_y(lane, v * v); }\`,
          backward: \`fn backward(t: u32, lane: u32) { ${backward} }\`,
        })`
  const changed = text.replace('g[ACTIVATION](up)', kernel)
  expect(changed).not.toBe(text)
  return changed
}

async function tryProgram(page: Page, text: string, why: string, number: number): Promise<Locator> {
  const editor = page.getByRole('textbox', { name: 'train.js' })
  if (!(await editor.isVisible())) await page.getByRole('heading', { name: 'Program' }).click()
  await editor.click()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.insertText(text)
  await page.getByRole('textbox', { name: 'Your hypothesis' }).fill(why)
  await page.getByRole('button', { name: 'Run my version' }).click()
  await expect(page.getByText('Queued as the next experiment.')).toBeVisible()
  await page.getByRole('button', { name: 'Step', exact: true }).click()
  const row = page.getByRole('list', { name: 'Experiments' }).locator(`[data-number="${number}"]`)
  await expect(row).toHaveAttribute('data-status', /keep|discard|crash|timeout|rejected|checks_failed/, { timeout: RUN_MS })
  return row
}

test('a custom kernel is checked by name, then trains like any op', async ({ page }) => {
  test.setTimeout(600_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(SHORT_LAB)
  const start = page.getByRole('button', { name: 'Start', exact: true })
  await expect(start).toHaveAttribute('aria-disabled', 'false')
  await start.click()
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible({ timeout: RUN_MS })

  await test.step('a derivative that is half of the true one fails its gate', async () => {
    const row = await tryProgram(page, programWith('add_dx(lane, max(x(lane), 0.0) * dy(lane));'), 'A kernel with a slip.', 1)
    await expect(row).toHaveAttribute('data-status', 'checks_failed')
    await row.getByRole('button').click()
    const sheet = page.getByRole('dialog', { name: 'Experiment 1' })
    await expect(sheet).toContainText('kernel "ownReluSquared" failed the gate kernel:gradient')
    await expectAccessible(page)
    await page.keyboard.press('Escape')
  })

  await test.step('mended, it is trained and judged', async () => {
    const row = await tryProgram(page, programWith('add_dx(lane, 2.0 * max(x(lane), 0.0) * dy(lane));'), 'The same, mended.', 2)
    await expect(row).toHaveAttribute('data-status', /keep|discard/)
    await row.getByRole('button').click()
    const sheet = page.getByRole('dialog', { name: 'Experiment 2' })
    await expect(sheet).toContainText('Custom kernels: gradient: passed')
    await page.keyboard.press('Escape')
  })
  expect(problems).toEqual([])
})
