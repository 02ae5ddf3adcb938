// A bounty.json that somebody wrote, from the file to a bounty of one's own: what is wrong with it is said where it was
// chosen, what it cannot bring along must be chosen, and the rest is as it was.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, test } from '@playwright/test'
import { expectAccessible } from './accessible'
import { onPhoneInTheDark, problemsOf } from './labPage'

const PROGRAM = 'const LR = knob(0.04, { log: [0.002, 0.4] })\n'
const VERIFIER = 'ab'.repeat(32)
const SPEC = {
  version: 1,
  title: 'A better tiny model <b>now</b>',
  description: 'Anything within train.js.',
  task: {
    version: 1, name: 'Tiny stories', dataset: { kind: 'grammar', seed: 1, bytes: 200_000 }, tokenizer: { kind: 'bytes' }, metric: 'val_bpb', direction: 'min',
    budget: { kind: 'tokens', amount: 10_000 }, evaluation: { context: 128, tokens: 4096 }, keepRule: { kind: 'measured', repeats: 3, floorBpb: 0.001 },
    guards: { maxWallSeconds: 600, maxBytes: 2 ** 30 },
  },
  targetFiles: ['train.js'],
  baseline: { trainJs: PROGRAM, sha256: createHash('sha256').update(PROGRAM).digest('hex'), valBpb: 2.5 },
  targetImprovementBpb: 0.1,
  poolSat: 3000,
  slices: 6,
  nowShare: 0.7,
  stabilityDelaySeconds: 7200,
  deadline: 1_700_000_000,
  lock: { minCltv: 150, maxCltv: 500 },
  escrow: 'sliced',
  money: 'play',
  accessFeeSat: 10,
  materialsUrl: 'https://materials.example/tiny.json',
  rules: { maxDiffBytes: 12_000, maxDiffLines: 300, forbidden: ['CANARY'], maxSubmissionsPerKey: 2, maxSimilarity: 0.8 },
  verifiers: [VERIFIER, 'cd'.repeat(32)],
  coordinatorFeePercent: 5,
  heldOut: [{ sha256: 'ef'.repeat(32), bytes: 20_000 }],
  seeds: 2,
  toleranceBpb: 0.005,
} // prettier-ignore

test('somebody’s bounty.json becomes a bounty of one’s own', async ({ page }) => {
  const problems = await problemsOf(page)
  await page.setViewportSize({ width: 1366, height: 850 })
  await page.goto('./#v=1&view=bounties')
  await page.getByText('From a file', { exact: true }).click()
  const choose = (spec: object) => page.getByLabel('Choose a file').first().setInputFiles({ name: 'tiny.bounty.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(spec)) })

  await test.step('what is wrong with a file is said beside it, by the names of its fields', async () => {
    await choose({ ...SPEC, poolSat: 3001, title: '', seed: 7 })
    const alert = page.getByRole('alert')
    for (const said of ['The title: must not be empty.', 'The pool: must be a multiple of the number of slices (6).', 'no part of a bounty: "seed".']) await expect(alert).toContainText(said)
    await expectAccessible(page)
  })

  await test.step('the form opens with its terms, and names what could not come along', async () => {
    await choose(SPEC)
    await expect(page.getByRole('heading', { name: 'From tiny.bounty.json' })).toBeVisible()
    await expect(page.getByRole('textbox', { name: 'Title' })).toHaveValue(SPEC.title)
    const left = page.getByRole('region', { name: 'From a file' }).getByRole('listitem')
    await expect(left).toHaveText([/^Held-out text/, /^Verifiers/, /^Deadline/, /^Money.*offers play money.*yours offers real money/, /^Materials.*materials\.example/])
    const summary = page.getByRole('region', { name: 'What you promise' })
    for (const said of ['The held-out text: at least one is needed', 'The verifiers: choose who judges.', 'The deadline: must be filled in']) await expect(summary).toContainText(said)
    await expectAccessible(page)
    await onPhoneInTheDark(page)
    await page.setViewportSize({ width: 1366, height: 850 })
    await page.emulateMedia({ colorScheme: 'light' })
  })

  await test.step('chosen and posted, it is equal to the file but for what was chosen', async () => {
    await page.getByRole('button', { name: 'Choose abababab' }).click()
    await page.getByRole('button', { name: 'Draw fresh stories' }).click()
    await page.getByLabel('Open until').fill('2090-01-02T03:04')
    await page.getByRole('button', { name: 'Post it', exact: true }).click()
    await expect(page.getByRole('heading', { level: 2, name: SPEC.title })).toBeVisible()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'bounty.json' }).click()])
    const posted = JSON.parse(await readFile((await download.path())!, 'utf8')) as typeof SPEC
    const { heldOut, deadline, ...rest } = posted
    expect({ ...rest, heldOut: SPEC.heldOut, deadline: SPEC.deadline }).toEqual({ ...SPEC, money: 'real', verifiers: [VERIFIER] })
    expect(heldOut).toEqual([{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: expect.any(Number) }])
    expect(new Date(deadline * 1000).getFullYear()).toBe(2090)
    await page.getByRole('button', { name: 'Post a bounty' }).click()
    await expect(page.getByText('None has been measured in this browser yet')).toBeVisible()
  })
  expect(problems).toEqual([])
})
