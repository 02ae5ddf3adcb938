// Researchers in the page: a chat by copy and paste, a word on every proposal, a model server of this machine with a
// key, the person alone, and what the record says of it all. Only the model's wit is scripted; the rest is real.

import { expect, test, type Locator, type Page } from '@playwright/test'
import { unzipSync } from 'fflate'
import { readFileSync } from 'node:fs'
import { startScriptedServer } from '../src/research/models/testing/scriptedServer'
import { expectAccessible } from './accessible'
import { watchViolations } from './violations'

const SMALL = 'v=1&budget=2000tok'
const RUN_MS = 120_000
const DECIDED = /keep|discard|crash|timeout|checks_failed/
const KEY = 'sk-test-8c1f04e7d2'

/** A proposal as a model would write it. */
function proposal(value: number): string {
  const knobs = { form: 'knobs', values: [{ name: 'MATRIX_LR', value }] }
  const words = { hypothesis: `A rate of ${value} covers more ground.`, description: `MATRIX_LR to ${value}`, category: 'lr' }
  return JSON.stringify({ ...words, expectedDelta: -0.01, probability: 0.3, edit: knobs })
}

function row(page: Page, number: number): Locator {
  return page.getByRole('list', { name: 'Experiments' }).locator(`[data-number="${number}"]`)
}

async function start(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Start', exact: true })
  await expect(button).toHaveAttribute('aria-disabled', 'false')
  await button.click()
}

async function onPhoneInTheDark(page: Page): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await expectAccessible(page)
}

async function problemsOf(page: Page): Promise<string[]> {
  const problems = await watchViolations(page)
  page.on('pageerror', (error) => problems.push(error.message))
  return problems
}

test('a chat by copy and paste: a bad answer is sent back, a good one is run; a note is read once', async ({ page, context }) => {
  test.setTimeout(300_000)
  const problems = await problemsOf(page)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto(`./#${SMALL}`)
  await page.getByRole('radio', { name: 'Copy & paste' }).check()
  await start(page)

  const question = page.getByRole('region', { name: 'Take this question to a chat' })
  await test.step('the question is copied whole', async () => {
    await question.getByRole('button', { name: 'Copy the question' }).click({ timeout: RUN_MS })
    await expect(question.getByText('Copied.')).toBeVisible()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toContain('MATRIX_LR')
    expect(copied).toContain('What to research')
    await expectAccessible(page)
  })

  await test.step('what is no proposal comes back with the reason', async () => {
    await question.getByPlaceholder('The whole answer').fill('I would raise the learning rate.')
    await question.getByRole('button', { name: 'Hand it in' }).click()
    await expect(question.getByRole('alert')).toContainText('could not be used')
    await onPhoneInTheDark(page)
  })

  await test.step('a proposal between words and fences is run, and its row says who and why', async () => {
    await question.getByPlaceholder('The whole answer').fill(`With pleasure:\n\`\`\`json\n${proposal(0.08)}\n\`\`\``)
    await question.getByRole('button', { name: 'Hand it in' }).click()
    await expect(row(page, 1)).toHaveAttribute('data-status', DECIDED, { timeout: RUN_MS })
    await expect(row(page, 1)).toContainText('a chat, pasted')
    await row(page, 1).getByRole('button').click()
    const origin = page.getByRole('region', { name: 'How it came about' })
    await expect(origin.getByRole('row', { name: /Change of val_bpb/ })).toContainText('−0.0100')
    await expect(origin.getByRole('row', { name: /Kept/ })).toContainText('30 %')
    await expectAccessible(page)
    await page.keyboard.press('Escape')
  })

  await test.step('a note waits for the next question, and is in it', async () => {
    await page.setViewportSize({ width: 1440, height: 900 })
    const researcher = page.getByRole('region', { name: 'Researcher' })
    await researcher.getByLabel('A note to the researcher').fill('Leave the rates alone, look at the window.')
    await researcher.getByRole('button', { name: 'Leave the note' }).click()
    await expect(researcher.getByRole('list', { name: 'Notes waiting to be read' })).toContainText('look at the window')
    await question.getByPlaceholder('The whole answer').fill(proposal(0.06))
    await question.getByRole('button', { name: 'Hand it in' }).click()
    await expect(row(page, 2)).toHaveAttribute('data-status', DECIDED, { timeout: RUN_MS })
    await question.getByText('Read it', { exact: true }).click()
    await expect(question.getByLabel('The question')).toHaveValue(/look at the window/)
    await question.getByPlaceholder('The whole answer').fill(proposal(0.05))
    await question.getByRole('button', { name: 'Hand it in' }).click()
    await expect(row(page, 3)).toContainText('your note', { timeout: RUN_MS })
    await expect(researcher.getByRole('list', { name: 'Notes waiting to be read' })).toHaveCount(0)
  })
  expect(problems).toEqual([])
})

test('asked before each experiment: run, edit and skip; the record under Research', async ({ page }) => {
  test.setTimeout(400_000)
  const problems = await problemsOf(page)
  await page.goto(`./#${SMALL}`)
  await page.getByText('Advanced').click()
  await page.getByRole('radio', { name: 'Ask me' }).check()
  await start(page)

  const question = page.getByRole('region', { name: 'Run this proposal?' })
  await test.step('a proposal shows what it changes, and is run', async () => {
    await expect(question.getByRole('textbox', { name: 'train.js, changes marked' })).toContainText('knob', { timeout: RUN_MS })
    await expectAccessible(page)
    await question.getByRole('button', { name: 'Run it' }).click()
    await expect(row(page, 1)).toHaveAttribute('data-status', DECIDED, { timeout: RUN_MS })
  })

  await test.step('one is skipped, with the reason on its row', async () => {
    await question.getByPlaceholder('Why not').fill('That was tried last week.')
    await question.getByRole('button', { name: 'Skip it' }).click()
    await expect(row(page, 2)).toContainText('Skipped', { timeout: RUN_MS })
    await row(page, 2).getByRole('button').click()
    await expect(page.getByRole('dialog', { name: 'Experiment 2' })).toContainText('That was tried last week.')
    await page.keyboard.press('Escape')
  })

  await test.step('one is run in the person’s own version', async () => {
    await question.getByRole('button', { name: 'Edit it' }).click()
    const editor = question.getByRole('textbox', { name: 'train.js, your version of the proposal' })
    await editor.click()
    await page.keyboard.press('ControlOrMeta+End')
    await page.keyboard.insertText('\nconst ROUND = 3\n')
    await expectAccessible(page)
    await question.getByRole('button', { name: 'Run my version' }).click()
    await expect(row(page, 3)).toContainText('human', { timeout: RUN_MS })
    await question.waitFor({ timeout: RUN_MS })
    await onPhoneInTheDark(page)
    await page.getByRole('radio', { name: 'Go ahead' }).check()
    await page.getByRole('button', { name: 'Answer', exact: true }).click()
    await expect(question.getByRole('heading')).toBeFocused()
    await question.getByRole('button', { name: 'Run it' }).click()
    await expect(row(page, 6)).toHaveAttribute('data-status', /./, { timeout: RUN_MS })
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false', { timeout: RUN_MS })
  })

  await test.step('lineage, coverage and calibration of what was tried', async () => {
    await page.getByRole('link', { name: 'Research', exact: true }).click()
    await expect(page.getByRole('region', { name: 'Lineage' }).getByRole('button', { name: /^Baseline measured/ })).toBeVisible()
    await expect(page.getByRole('region', { name: 'Coverage' }).getByRole('row').nth(1)).toBeVisible()
    await expectAccessible(page)
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.emulateMedia({ colorScheme: 'light' })
    await page.getByRole('region', { name: 'Lineage' }).getByRole('button', { name: 'As a table' }).click()
    await expectAccessible(page)
  })

  await test.step('a duel is begun, stopped, and what it came to is kept', async () => {
    const duel = page.getByRole('region', { name: 'Duel', exact: true })
    await duel.getByRole('combobox', { name: 'Seeds' }).selectOption('2')
    await duel.getByRole('combobox', { name: 'Experiments each' }).selectOption('5')
    await duel.getByRole('button', { name: 'Start the duel' }).click()
    await expect(duel.getByText(/experiment 2 of 5/)).toBeVisible({ timeout: RUN_MS })
    await duel.getByRole('button', { name: 'Stop the duel' }).click()
    await expect(duel.getByRole('button', { name: 'Start the duel' })).toBeVisible({ timeout: RUN_MS })
    await page.reload()
    await expect(page.getByRole('region', { name: 'Result of the duel' })).toContainText('So far')
    await onPhoneInTheDark(page)
  })
  expect(problems).toEqual([])
})

test('a model server with a key: allowed, tried, run; the key is nowhere, or sealed', async ({ page }) => {
  test.setTimeout(300_000)
  const problems = await problemsOf(page)
  let rate = 0.05
  const server = await startScriptedServer(({ system }) => system.includes('reached') ? 'Hello, I am scripted.' : proposal(rate += 0.01))
  try {
    await test.step('its address is allowed first, for the page reloads itself', async () => {
      await page.goto(`./#${SMALL}`)
      await page.getByRole('radio', { name: 'A model' }).check()
      await page.getByRole('combobox', { name: 'Whose' }).selectOption('compatible')
      await page.getByRole('textbox', { name: 'Address' }).fill(server.address)
      await page.getByRole('combobox', { name: 'Model' }).fill('scripted')
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Allow it' }).click()
      await expect(page.getByText('This page may now reach')).toBeVisible()
    })

    await test.step('a key is given, and a trial is answered', async () => {
      await page.getByLabel('Key, if the server asks for one').fill(KEY)
      await page.getByRole('button', { name: 'Use this key' }).click()
      await expect(page.getByText('held in the memory of this tab')).toBeVisible()
      await page.getByRole('button', { name: 'Try it' }).click()
      await expect(page.getByText('Hello, I am scripted.')).toBeVisible()
      expect(server.asked[0].headers.authorization).toBe(`Bearer ${KEY}`)
      await page.getByText('How it is used').click()
      await page.getByRole('textbox', { name: 'Requests' }).fill('3')
      await onPhoneInTheDark(page)
      await page.setViewportSize({ width: 1440, height: 900 })
    })

    await test.step('it proposes, its row says so, and the meter counts', async () => {
      await start(page)
      await expect(row(page, 1)).toHaveAttribute('data-status', DECIDED, { timeout: RUN_MS })
      await expect(row(page, 1)).toContainText('scripted')
      const researcher = page.getByRole('region', { name: 'Researcher' })
      await expect(researcher.getByText('Tokens read')).toBeVisible()
      await expect(researcher.getByRole('list', { name: 'It ends after' })).toContainText('of 3')
      await expectAccessible(page)
    })

    await test.step('at its limit the lab waits and says so', async () => {
      await expect(page.getByRole('alert').or(page.getByRole('status')).filter({ hasText: /limit|allowed|requests/i }).first()).toBeVisible({ timeout: RUN_MS })
      await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible({ timeout: RUN_MS })
      expect(server.asked.length).toBeLessThanOrEqual(4)
    })

    await test.step('a key kept in memory is in no store, no address, no export and no question', async () => {
      expect(await stored(page)).not.toContain(KEY)
      expect(page.url()).not.toContain(KEY)
      await page.getByRole('button', { name: 'Export', exact: true }).click()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Repository (.zip)' }).click()
      const files = unzipSync(readFileSync(await (await download).path()))
      expect(Object.values(files).some((bytes) => Buffer.from(bytes).includes(KEY))).toBe(false)
      expect(server.asked.map(({ text }) => text).join('\n')).not.toContain(KEY)
    })

    await test.step('under a passphrase it survives a reload, sealed', async () => {
      await page.getByText('Another researcher').click()
      await page.getByRole('button', { name: 'Forget it' }).click()
      await page.getByLabel('Keep it in this browser under a passphrase').check()
      await page.getByLabel('Passphrase', { exact: true }).fill('four plain words here')
      await page.getByLabel('Key, if the server asks for one').fill(KEY)
      await page.getByRole('button', { name: 'Use this key' }).click()
      await expect(page.getByText('under your passphrase, and unlocked')).toBeVisible()
      expect(await stored(page)).not.toContain(KEY)
      await page.reload()
      await page.getByText('Another researcher').click()
      await page.getByLabel('Passphrase').fill('not these words at all')
      await page.getByRole('button', { name: 'Unlock' }).click()
      await expect(page.getByText(/opens none/)).toBeVisible()
      await page.getByLabel('Passphrase').fill('four plain words here')
      await page.getByRole('button', { name: 'Unlock' }).click()
      await expect(page.getByText('under your passphrase, and unlocked')).toBeVisible()
      await expectAccessible(page)
    })
  } finally {
    await server.close()
  }
  expect(problems).toEqual([])
})

test('the person as researcher: the lab waits after the baseline, and runs what is handed in', async ({ page }) => {
  test.setTimeout(200_000)
  await page.goto(`./#${SMALL}`)
  await page.getByRole('radio', { name: 'You' }).check()
  await start(page)
  await expect(page.getByRole('status').filter({ hasText: 'It is your turn' })).toBeVisible({ timeout: RUN_MS })
  await page.getByRole('heading', { name: 'Program' }).click()
  const editor = page.getByRole('textbox', { name: 'train.js' })
  await editor.click()
  await page.keyboard.press('ControlOrMeta+End')
  await page.keyboard.insertText('\nconst MINE = 1\n')
  await page.getByLabel('Your hypothesis').fill('A name that nothing uses changes nothing.')
  await page.getByRole('button', { name: 'Run my version' }).click()
  await expect(row(page, 1)).toContainText('human', { timeout: RUN_MS })
  await expectAccessible(page)
})

/** Everything that the page keeps: every database, and both storages, as one text. */
function stored(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const found: unknown[] = [{ ...localStorage }, { ...sessionStorage }]
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done, failed) => {
        const opening = indexedDB.open(name!)
        opening.onsuccess = () => done(opening.result)
        opening.onerror = () => failed(opening.error)
      })
      for (const store of db.objectStoreNames) {
        const rows = await new Promise<unknown[]>((done, failed) => {
          const reading = db.transaction(store).objectStore(store).getAll()
          reading.onsuccess = () => done(reading.result)
          reading.onerror = () => failed(reading.error)
        })
        found.push(...rows)
      }
      db.close()
    }
    return JSON.stringify(found, (_, value: unknown) => ArrayBuffer.isView(value) && !(value instanceof DataView)
      ? new TextDecoder('latin1').decode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      : value)
  })
}
