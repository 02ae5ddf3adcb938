// The same program, seed and number of tokens give the same bits on one adapter, after a reload too; and the profile
// of a step, which is only there while nothing is being measured.

import { expect, test, type Page } from '@playwright/test'
import { expectAccessible } from './accessible'

/** Ten steps of the default program, one run a program. */
const SHORT_LAB = './#v=1&budget=5120tok&rule=plain'
const RUN_MS = 240_000

interface Record {
  labId: string
  valBpb: number
  tuning?: string
  /** [step, loss] pairs */
  curve: number[]
}

/** Starts a new lab that pauses after its baseline; what IndexedDB holds of it. */
async function runBaseline(page: Page, known: string[]): Promise<Record> {
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible({ timeout: RUN_MS })
  const baseline = page.getByRole('list', { name: 'Experiments' }).locator('[data-number="0"]')
  await expect(baseline).toHaveAttribute('data-status', 'baseline')
  return page.evaluate(async (known) => {
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const db = await answer(indexedDB.open('assay'))
    const rows = (await answer(db.transaction('experiments').objectStore('experiments').getAll())) as {
      labId: string
      valBpb: number
      measurements: { tuning?: string }
    }[]
    const row = rows.find(({ labId }) => !known.includes(labId))!
    const key = [row.labId, 0]
    const { values } = (await answer(db.transaction('curves').objectStore('curves').get(key))) as { values: Float32Array }
    db.close()
    return { labId: row.labId, valBpb: row.valBpb, tuning: row.measurements.tuning, curve: [...values] }
  }, known)
}

test('the same tokens give the same bits after a reload, and a step can be profiled', async ({ page }) => {
  test.setTimeout(600_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  const start = page.getByRole('button', { name: 'Start', exact: true })
  const profile = page.locator('details', { has: page.getByRole('heading', { name: 'Profile' }) })

  await page.goto(SHORT_LAB)
  await expect(start).toHaveAttribute('aria-disabled', 'false')
  const first = await runBaseline(page, [])
  expect(first.curve).toHaveLength(20)
  expect(first.tuning).toMatch(/^[0-9a-f]{8}$/)

  await test.step('the profile of its best program', async () => {
    await profile.getByRole('heading').click()
    await profile.getByRole('button', { name: 'Measure a step' }).click()
    const kernels = profile.getByRole('region', { name: 'Kernels of a step' })
    await expect(kernels).toContainText('matmul', { timeout: RUN_MS })
    await expect(profile).toContainText('baseline')
    await expect(profile).toContainText('GFLOP/s')
    await page.setViewportSize({ width: 390, height: 844 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await expectAccessible(page)
  })

  await test.step('what trains is fixed while a lab is at work; on something else its numbers are called comparable at best', async () => {
    const engine = page.getByRole('region', { name: 'What trains' })
    const choice = engine.getByRole('combobox')
    await expect(choice).toBeDisabled()
    await expect(engine).toContainText('Stop the lab to choose another')
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await choice.selectOption('wasm')
    await expect(engine).toContainText('Your processor')
    const told = page.getByRole('status').filter({ hasText: 'were measured on a graphics adapter' })
    await expect(told).toContainText('rounds otherwise')
    await expectAccessible(page)
    await choice.selectOption('webgpu')
    await expect(engine).toContainText('through WebGPU')
    await expect(told).toHaveCount(0)
  })

  await test.step('a new lab after a reload, with the kernels chosen before', async () => {
    await page.goto('about:blank')
    await page.goto(SHORT_LAB)
    await expect(start).toHaveAttribute('aria-disabled', 'false')
    const again = await runBaseline(page, [first.labId])
    expect({ ...again, labId: '' }).toEqual({ ...first, labId: '' })
  })
  expect(problems).toEqual([])
})
