// The main journey: from an opened page to kept and reverted experiments, through a reload, to a repository that
// ordinary git reads. Everything is real: data, kernels, the box, the judge, IndexedDB, git.

import { expect, test, type Locator, type Page } from '@playwright/test'
import { unzipSync } from 'fflate'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expectAccessible } from './accessible'
import { watchViolations } from './violations'

/** A budget too small to learn much, so that a whole lab fits into a test. */
const SMALL_LAB = './#v=1&budget=1s'
const RUN_MS = 120_000
const DECIDED = /keep|discard|crash|timeout|rejected|checks_failed/

function attempts(page: Page): Locator {
  return page.getByRole('list', { name: 'Experiments' }).locator('[data-number]')
}

function row(page: Page, number: number): Locator {
  return attempts(page).and(page.locator(`[data-number="${number}"]`))
}

/** Waits until an attempt, this one or a later one, trains at this moment; looked for at every frame, for runs are short. */
async function trainingNow(page: Page, least: number): Promise<number> {
  const found = await page.waitForFunction((least) => {
    const number = Number(document.querySelector('[data-status="running"]')?.getAttribute('data-number'))
    const strip = document.querySelector('[aria-label="Lab controls"]')?.textContent ?? ''
    const name = number === 0 ? 'Baseline' : `Experiment ${number}`
    return number >= least && strip.includes(`${name} · training`) ? { number } : null
  }, least, { timeout: RUN_MS })
  return (await found.jsonValue())!.number
}

/** The default program with every learning rate near zero: it cannot win. */
function hopelessProgram(): string {
  const text = readFileSync(new URL('../public/programs/train.js', import.meta.url), 'utf8')
  return text.replace(/^(const [A-Z]+_LR = knob\()[\d.]+, \{ log: \[([\d.]+)/gm, '$1$2, { log: [$2')
}

async function writeProgram(page: Page, text: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: 'train.js' })
  if (!(await editor.isVisible())) await page.getByRole('heading', { name: 'Program' }).click()
  await editor.click()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.insertText(text)
}

test('a lab starts, survives a reload, keeps and reverts, and leaves a repository that git reads', async ({ page }) => {
  test.setTimeout(400_000)
  const problems = await watchViolations(page)
  page.on('pageerror', (error) => problems.push(error.message))

  await test.step('one click starts the lab, and the baseline is measured', async () => {
    await page.goto(SMALL_LAB)
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
    await expect(page.getByRole('region', { name: 'What trains' })).toContainText('Your processor')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    expect(await trainingNow(page, 0)).toBe(0)
    await expectAccessible(page)
  })

  await test.step('pause lets the baseline be decided and waits, resume goes on to an experiment', async () => {
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible({ timeout: RUN_MS })
    await expect(row(page, 0)).toHaveAttribute('data-status', 'baseline')
    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await expect(row(page, 1)).toHaveAttribute('data-status', DECIDED, { timeout: RUN_MS })
    await expect(page.getByLabel('Scores')).toContainText('noise σ')
  })

  await test.step('a reload in the middle of a run closes it honestly, and the lab goes on', async () => {
    const cut = await trainingNow(page, 2)
    await page.reload()
    await expect(row(page, cut)).toHaveAttribute('data-status', 'crash', { timeout: 60_000 })
    await expect(page.getByRole('main')).toContainText(`Experiment ${cut} was cut off`)
    await expect(row(page, cut - 1)).toHaveAttribute('data-status', DECIDED)
    await expect(row(page, cut + 1)).toHaveAttribute('data-status', DECIDED, { timeout: RUN_MS })
  })

  await test.step('stop ends the run in progress', async () => {
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible({ timeout: 60_000 })
    await expect(attempts(page).and(page.locator('[data-status="running"]'))).toHaveCount(0)
  })

  // the baseline is number 0
  const own = await attempts(page).count()
  await test.step("a person's own program that is worse is tried and reverted", async () => {
    await writeProgram(page, hopelessProgram())
    await page.getByRole('textbox', { name: 'Your hypothesis' }).fill('Rates near zero: nothing will be learned.')
    await page.getByRole('button', { name: 'Run my version' }).click()
    await expect(page.getByText('Queued as the next experiment.')).toBeVisible()
    await page.getByRole('button', { name: 'Step', exact: true }).click()
    await expect(row(page, own)).toHaveAttribute('data-status', 'discard', { timeout: RUN_MS })
    await expect(row(page, own)).toContainText('Rates near zero')

    await row(page, own).getByRole('button').click()
    const sheet = page.getByRole('dialog', { name: `Experiment ${own}` })
    await expect(sheet).toContainText('Discarded')
    await expect(sheet.getByRole('region', { name: 'Verdict' })).not.toBeEmpty()
    await expect(sheet.getByRole('region', { name: 'What was changed' })).toContainText('MATRIX_LR')
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await expect(sheet).toBeHidden()
  })

  await test.step('the lab is usable on a phone in the dark', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await expectAccessible(page)
  })

  await test.step('the exported repository passes git fsck, can be cloned, and holds what the page shows', async () => {
    await page.getByRole('button', { name: 'Export', exact: true }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Repository (.zip)' }).click()
    const zip = unzipSync(readFileSync(await (await download).path()))
    const folder = test.info().outputPath('export')
    for (const [path, bytes] of Object.entries(zip)) {
      const file = join(folder, path)
      mkdirSync(dirname(file), { recursive: true })
      if (!path.endsWith('/')) writeFileSync(file, bytes)
    }
    const repository = join(folder, Object.keys(zip)[0].split('/')[0])
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' })
    git('fsck', '--full', '--strict')
    expect(git('status', '--porcelain')).toBe('')
    execFileSync('git', ['clone', '--quiet', repository, join(folder, 'clone')])

    const attempts = git('for-each-ref', '--format=%(refname)', 'refs/attempts').trim().split('\n')
    expect(attempts.map((ref) => Number(ref.split('/').at(-1)))).toContain(own)
    expect(git('show', `refs/attempts/${own}:train.js`)).toBe(hopelessProgram())
    expect(readFileSync(join(folder, 'clone', 'train.js'), 'utf8')).not.toBe(hopelessProgram())
    const statuses = readFileSync(join(repository, 'results.tsv'), 'utf8').trim().split('\n').slice(1)
    expect(statuses.length).toBe(own + 1)
    expect(statuses.at(-1)).toContain('discard')
  })

  await test.step('a new lab leaves the old one in the list, and opening it shows its record', async () => {
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible()
    await page.getByRole('button', { name: 'New lab' }).click()
    const past = page.getByRole('list', { name: 'Past labs' }).getByRole('button')
    await expect(past).toContainText(`${own} experiments`)
    await expectAccessible(page)
    await past.click()
    await expect(row(page, own)).toHaveAttribute('data-status', 'discard')
  })
  expect(problems).toEqual([])
})
