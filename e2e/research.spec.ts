// Researchers that need no model: a chat by copy and paste, a word on every proposal, the person alone, and what the
// record says of it all. Everything but the chat's wit is real.

import { expect, test } from '@playwright/test'
import { expectAccessible } from './accessible'
import { DECIDED, onPhoneInTheDark, problemsOf, proposal, row, RUN_MS, SMALL, start } from './labPage'

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
