// A score that nobody can fake: an experiment leaves a signed receipt, running it again gives the same bits, an altered
// receipt is refused, and one that somebody signed with a better score is refuted by running it.

import { expect, test, type Page } from '@playwright/test'
import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { canonicalJson } from '../src/core/canonicalJson'
import type { ReceiptFile } from '../src/history/receiptForm'
import { frozenCode } from '../src/judge/build/frozenCode.mjs'
import { expectAccessible } from './accessible'

/** By the clock, so that a replay has to follow the course that was recorded. */
const SHORT_LAB = './#v=1&budget=2s&rule=plain'
const RUN_MS = 240_000

/** The receipt with another score, honestly signed by another key. */
function forged({ receipt, attached }: ReceiptFile): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const score = receipt.runs[0].score!.valBpb
  score.decimal -= 0.25
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(score.decimal)
  score.bits = bytes.toString('hex')
  receipt.publicKey = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
  const signature = sign(null, Buffer.from(canonicalJson(receipt)), privateKey).toString('hex')
  const digest = (part: unknown) => createHash('sha256').update(canonicalJson(part)).digest('hex')
  const digests = Object.fromEntries(Object.entries(receipt).map(([name, part]) => [name, digest(part)]))
  return JSON.stringify({ receipt, signature, digests, attached })
}

async function open(page: Page, name: string, text: string): Promise<void> {
  await page.getByLabel('Choose a receipt').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
}

test('a receipt is given, confirmed bit for bit, refused when altered and refuted when it lies', async ({ page }) => {
  test.setTimeout(600_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  // the processor: quick here, and it owes every bit
  await page.addInitScript(() => {
    // frames of the box have no storage
    if (self === top) localStorage.setItem('assay.backend', 'wasm')
  })
  const verdict = page.getByRole('region', { name: 'Verdict of the replay' })

  await test.step('an experiment is over, and the lab waits', async () => {
    await page.goto(SHORT_LAB)
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible({ timeout: RUN_MS })
  })

  const sheet = page.getByRole('dialog', { name: 'Baseline' })
  let file = ''
  await test.step('its sheet shows the receipt, and replaying it gives the same bits', async () => {
    await page.getByRole('list', { name: 'Experiments' }).locator('[data-number="0"]').getByRole('button').click()
    const receipt = sheet.getByRole('region', { name: 'Receipt', exact: true })
    await expect(receipt).toContainText('this browser')
    await receipt.getByRole('button', { name: 'Replay', exact: true }).click()
    await expect(receipt.getByRole('button', { name: 'Stop the replay' })).toBeVisible()
    await expect(verdict).toContainText('Bit-identical', { timeout: RUN_MS })
    await expectAccessible(page)
    const download = page.waitForEvent('download')
    await receipt.getByRole('button', { name: 'Download' }).click()
    file = readFileSync(await (await download).path(), 'utf8')
    // the page's build and this checkout are of one name, as is what npm run lab builds
    expect((JSON.parse(file) as ReceiptFile).receipt.issued.app).toBe(frozenCode())
    await page.keyboard.press('Escape')
  })

  await test.step('the command line confirms it to the last bit, without this browser', () => {
    const path = test.info().outputPath('receipt.json')
    writeFileSync(path, file)
    const said = execFileSync('node', ['src/cli/launch.mjs', 'lab', 'replay', path, '--json'], { encoding: 'utf8' })
    expect(JSON.parse(said)).toMatchObject({ report: { verdict: 'bit-identical' }, error: null })
  })

  await test.step('read from its file it is the same receipt, with the same verdict', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await page.getByRole('navigation').getByRole('link', { name: 'Receipts' }).click()
    await open(page, 'mine.json', file)
    await expect(page.getByRole('article', { name: 'Imported receipt' })).toContainText('valid, by')
    await expect(verdict).toContainText('Bit-identical')
    await expectAccessible(page)
  })

  await test.step('altered by a digit it is refused, and the field is named', async () => {
    await open(page, 'altered.json', file.replace(/"decimal":\d/, '"decimal":0'))
    const refusal = page.getByRole('alert').filter({ hasText: 'altered.json' })
    await expect(refusal).toContainText('runs.0.score.valBpb')
    await open(page, 'holiday.json', '{"not":"a receipt","<b>bold</b>":1}')
    await expect(page.getByRole('alert').filter({ hasText: 'holiday.json' })).toContainText('refused')
  })

  await test.step('signed by somebody with a better score it is read, and refuted by running it', async () => {
    await open(page, 'better.json', forged(JSON.parse(file) as ReceiptFile))
    const card = page.getByRole('article', { name: 'Imported receipt' })
    await expect(card).toContainText('somebody else')
    await expect(verdict).toHaveCount(0)
    await card.getByRole('button', { name: 'Replay', exact: true }).click()
    await expect(verdict).toContainText('Refuted', { timeout: RUN_MS })
    await expect(verdict).toContainText('0.25')
    await expectAccessible(page)
  })

  await test.step('both verdicts are kept', async () => {
    await page.reload()
    const kept = page.getByRole('region', { name: 'Replays', exact: true })
    await expect(kept).toContainText('Bit-identical')
    await expect(kept).toContainText('Refuted')
  })
  expect(problems).toEqual([])
})
