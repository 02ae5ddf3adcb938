// Materials behind an invoice (L402): a sponsor's gateway on another server, paid for with a wallet extension that refuses,
// hangs and shows a wrong proof. Nothing is asked above the price that was promised, and nothing is paid twice.

import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { generateSecretKey } from 'nostr-tools/pure'
import { WebSocket } from 'ws'
import { specFixture } from '../src/bounty/testing/fixtures'
import type { BountySpec } from '../src/bounty/types'
import { eventsOf } from '../src/bounty/wire/events'
import { mailText } from '../src/bounty/wire/file'
import { generateCorpus } from '../src/data/grammar'
import { MoneyLedger } from '../src/wallet/testing/ledger'
import { startNwcService, type NwcService } from '../src/wallet/testing/nwcService'
import { startRelay, type TestRelay } from '../src/wallet/testing/relay'
import { openBounty, SLOW_MS, tab } from './bountyPage'
import { Extension } from './extension'
import { onPhoneInTheDark, problemsOf } from './labPage'

const PRICE_SAT = 21
const BEGUN_SAT = 1000
const TEXT = generateCorpus({ seed: 7, bytes: 60_000 }).documents.map((bytes) => new TextDecoder().decode(bytes)).join('\n\n')
const USUAL = readFileSync(new URL('../public/programs/train.js', import.meta.url), 'utf8')
const MATERIALS = { version: 1, trainJs: `// chosen by the sponsor\n${USUAL}`, notes: 'Look at the learning rate first.', files: [{ name: 'tales.txt', text: TEXT }] }

const now = () => Math.floor(Date.now() / 1000)
const ledger = new MoneyLedger(now)
let relay: TestRelay
let service: NwcService
let closed: Server
let gateway: ChildProcess
let [paidUrl, closedOrigin] = ['', '']

test.beforeAll(async () => {
  globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket // Node 20 has none
  relay = await startRelay()
  service = await startNwcService({ wallet: ledger.wallet('sponsor'), relay: relay.url })
  const dir = await mkdtemp(join(tmpdir(), 'assay-materials-'))
  await writeFile(join(dir, 'm.json'), JSON.stringify(MATERIALS))
  const options = ['--file', join(dir, 'm.json'), '--price', String(PRICE_SAT), '--wallet', 'nwc', '--port', '0', '--out', join(dir, 'out')]
  gateway = spawn('node', ['src/cli/launch.mjs', 'lab', 'gateway', ...options], { env: { ...process.env, ASSAY_WALLET_URI: service.uri }, stdio: ['ignore', 'pipe', 'inherit'] })
  paidUrl = await new Promise<string>((resolve, reject) => {
    gateway.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)))
    gateway.stdout!.on('data', (text) => resolve(/http:\S+[^,\s]/.exec(String(text))![0]))
  })
  // a server that no page may read, and one that pages may read, but not what it asks for
  closed = createServer(({ url }, response) => response.writeHead(402, { 'WWW-Authenticate': 'L402 x', ...(url === '/read' && { 'Access-Control-Allow-Origin': '*' }) }).end())
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  closedOrigin = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`
})
test.afterAll(async () => {
  gateway.kill()
  service.close()
  closed.close()
  await relay.close()
})

/** A signed bounty about the text among the materials, as a file. */
function bounty(title: string, materialsUrl: string, accessFeeSat = PRICE_SAT): string {
  const task: BountySpec['task'] = { ...specFixture().task, dataset: { kind: 'text', name: 'tales.txt', sha256: createHash('sha256').update(TEXT).digest('hex') } }
  const { id, events } = eventsOf({ kind: 'bounty', spec: specFixture({ title, materialsUrl, accessFeeSat, money: 'real', task }) }, null, generateSecretKey(), now())
  return mailText({ bounty: id, events })
}

async function take(page: Page, ...files: string[]): Promise<void> {
  await tab(page, 'Board')
  await page.getByText('From a file', { exact: true }).click()
  for (const text of files) {
    await page.locator('.board-tools input[type=file]').setInputFiles({ name: 'a.mail.json', mimeType: 'application/json', buffer: Buffer.from(text) })
    await expect(page.getByText('1 new message was in it.')).toBeVisible()
  }
}

const hunt = (page: Page) => page.getByRole('button', { name: 'Hunt this bounty' }).click()
const problem = (page: Page) => page.locator('.bounty-problems')
const dismiss = (page: Page) => problem(page).getByRole('button').last().click()
const payments = (page: Page) => page.getByRole('region', { name: 'Payments' }).getByRole('row')
const connect = (page: Page) => page.getByRole('button', { name: 'Connect the extension' }).click()

async function allow(page: Page, origin: string): Promise<void> {
  await expect(page.getByText(`Its materials are at ${origin}`)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Hunt this bounty' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Allow it and reload the page' }).click()
  await expect(page.getByRole('button', { name: 'Hunt this bounty' })).toBeVisible({ timeout: SLOW_MS })
}

/** Asks for the materials, and answers the page's own question. */
async function huntAndSay(page: Page, answer: 'No, do not pay' | 'Yes, pay 21 sat'): Promise<void> {
  await openBounty(page, 'With materials')
  await hunt(page)
  await page.getByRole('dialog').getByRole('button', { name: answer }).click({ timeout: SLOW_MS })
}

test('materials are paid for once, by an extension that refuses, hangs and lies, and begin a lab', async ({ page }) => {
  test.setTimeout(300_000)
  const problems = await problemsOf(page)
  const extension = new Extension(ledger.wallet('hunter', BEGUN_SAT * 1000))
  await extension.install(page)
  await page.goto('./#v=1&view=bounties')
  await take(page, bounty('Dearer than promised', paidUrl, PRICE_SAT - 1), bounty('With materials', paidUrl), bounty('Unreadable', `${closedOrigin}/m.json`), bounty('Half readable', `${closedOrigin}/read`))

  await test.step('a server that lets no page read it: what its sponsor must change', async () => {
    await openBounty(page, 'Unreadable')
    await allow(page, closedOrigin)
    await hunt(page)
    await expect(problem(page)).toContainText('is there, but does not let other pages read its materials (CORS).', { timeout: SLOW_MS })
    await expect(problem(page)).toContainText('The sponsor must change the server')
    await dismiss(page)
    await openBounty(page, 'Half readable')
    await hunt(page)
    await expect(problem(page)).toContainText('Access-Control-Expose-Headers: WWW-Authenticate')
    await dismiss(page)
  })

  await test.step('above the promised price nothing is asked', async () => {
    await openBounty(page, 'Dearer than promised')
    await allow(page, new URL(paidUrl).origin)
    await hunt(page)
    await expect(problem(page)).toContainText('asks for 21 sat for the materials; the bounty says 20.', { timeout: SLOW_MS })
    await dismiss(page)
    await tab(page, 'Wallet and ledger')
    await expect(page.getByText('No payment has been asked for.')).toBeVisible()
  })

  await test.step('an extension that is refused is not asked again by itself', async () => {
    extension.answers.push('refuses')
    await connect(page)
    await expect(problem(page)).toContainText('The wallet extension was told not to work with this page.')
    await expect(problem(page)).toContainText('Connect it again and allow it')
    await dismiss(page)
    expect(extension.asked).toEqual(['enable'])
    await connect(page)
    await expect(page.locator('.balance')).toHaveText('1,000 sat')
    await expect(page.getByText('Can say what became of a payment.')).toBeVisible()
  })

  await test.step('a no in the page, a no in the extension: recorded, and no money is gone', async () => {
    await huntAndSay(page, 'No, do not pay')
    await expect(page.getByText('To be paid you need a wallet that can hold payments; yours cannot.')).toBeVisible()
    await expect(problem(page)).toContainText('You did not agree to this payment.')
    await dismiss(page)
    extension.answers.push('refuses')
    await huntAndSay(page, 'Yes, pay 21 sat')
    await expect(problem(page)).toContainText('The materials could not be paid for. You refused in the wallet extension.')
    await dismiss(page)
    await tab(page, 'Wallet and ledger')
    await expect(payments(page).filter({ hasText: 'not sent: you said no' })).toHaveCount(1)
    await expect(payments(page).filter({ hasText: 'You refused in the wallet extension.' })).toHaveCount(1)
    await expect(page.locator('.balance')).toHaveText('1,000 sat')
  })

  await test.step('one that hangs is pending over a reload', async () => {
    extension.answers.push('is away')
    await huntAndSay(page, 'Yes, pay 21 sat')
    await tab(page, 'Wallet and ledger')
    await expect(payments(page).filter({ hasText: 'no answer yet: counts as locked' })).toHaveCount(1)
    await page.reload()
    await expect(page.getByText('1 payment is under way. Connect the same wallet')).toBeVisible({ timeout: SLOW_MS })
    await expect(payments(page).filter({ hasText: 'no answer yet: counts as locked' })).toHaveCount(1)
  })

  await test.step('the person says yes meanwhile; a wrong proof is none, the right one is in the ledger', async () => {
    extension.lies = true
    extension.comeBack()
    await expect.poll(() => ledger.balance('hunter')).toBe((BEGUN_SAT - PRICE_SAT) * 1000)
    await connect(page)
    await expect(page.locator('.balance')).toHaveText('979 sat')
    await expect(payments(page).filter({ hasText: 'no answer yet: counts as locked' })).toHaveCount(1)
    await page.getByRole('button', { name: 'Disconnect' }).click()
    extension.lies = false
    await connect(page)
    const paid = payments(page).filter({ hasText: /proof [0-9a-f]{8}/ })
    await expect(paid).toHaveCount(1)
    const proof = await paid.locator('code').getAttribute('title')
    expect([createHash('sha256').update(Buffer.from(proof!, 'hex')).digest('hex')]).toEqual([...ledger.sent.keys()])
    await onPhoneInTheDark(page)
    await page.setViewportSize({ width: 1366, height: 850 })
  })

  await test.step('what was paid for begins a lab', async () => {
    await openBounty(page, 'With materials')
    await hunt(page)
    await expectLab(page, 'With materials')
  })

  await test.step('after a reload it is honoured again: no invoice, no question', async () => {
    const invoices = service.done.filter((method) => method === 'make_invoice').length
    await page.goto('./#v=1&view=bounties')
    await page.reload()
    await take(page, bounty('The same materials', paidUrl))
    await openBounty(page, 'The same materials')
    await hunt(page)
    await expectLab(page, 'The same materials')
    expect(service.done.filter((method) => method === 'make_invoice')).toHaveLength(invoices)
  })

  expect(extension.asked).toEqual(['enable', 'enable', expect.any(String), expect.any(String), 'enable', 'enable'])
  expect([...ledger.sent.values()]).toEqual([1])
  expect([ledger.balance('hunter'), ledger.balance('sponsor')]).toEqual([(BEGUN_SAT - PRICE_SAT) * 1000, PRICE_SAT * 1000])
  expect(problems).toEqual([])
})

/** The lab that is shown is that bounty's, with the sponsor's program and words. */
async function expectLab(page: Page, title: string): Promise<void> {
  await expect(page.getByText(title).first()).toBeVisible({ timeout: SLOW_MS })
  await expect(page.getByRole('dialog')).toHaveCount(0)
  const editor = page.getByRole('textbox', { name: 'train.js' })
  await page.getByRole('heading', { name: 'Program' }).click()
  await expect(editor).toContainText('chosen by the sponsor')
}
