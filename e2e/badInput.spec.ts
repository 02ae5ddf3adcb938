// What goes wrong on the first screen: each gives a message that names the cause and the next step.

import { expect, test, type Page } from '@playwright/test'

async function open(page: Page, hash = ''): Promise<void> {
  await page.goto(`./${hash}`)
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
}

async function chooseFile(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page.getByRole('radio', { name: 'A file' }).check()
  await page.getByLabel('Choose a text file').setInputFiles({ name, mimeType: 'text/plain', buffer })
}

async function checkProgram(page: Page, text: string) {
  await page.getByRole('heading', { name: 'Program' }).click()
  const editor = page.getByRole('textbox', { name: 'train.js' })
  await expect(editor).toContainText('the whole experiment')
  await editor.click()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.insertText(text)
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  return page.getByRole('region', { name: 'Check' })
}

test('an empty and a binary file are refused by name, a text file is taken', async ({ page }) => {
  await open(page)
  await chooseFile(page, 'nothing.txt', Buffer.alloc(0))
  await expect(page.getByRole('alert')).toContainText('nothing.txt is empty')
  await chooseFile(page, 'picture.png', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'))
  await expect(page.getByRole('alert')).toContainText('picture.png')
  await expect(page.getByRole('alert')).not.toContainText('nothing.txt')
  await chooseFile(page, 'tale.txt', Buffer.from('Once there was a lab. '.repeat(2000)))
  await expect(page.getByText('Using tale.txt')).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
})

const ADDRESSES = [
  { name: 'no address at all', url: () => 'not-an-address', says: 'not a web address' },
  { name: 'nobody listens', url: () => 'http://127.0.0.1:9/none.txt', says: '127.0.0.1:9' },
  { name: 'no such file', url: (page: string) => `${page}missing.txt`, says: '404' },
  { name: 'a page, not a file', url: (page: string) => page, says: 'is a web page' },
  {
    name: 'a server without CORS',
    url: () => `http://127.0.0.1:${process.env.ASSAY_KERNELS_PORT}/kernels/index.html`,
    says: 'CORS',
  },
]
for (const { name, url, says } of ADDRESSES) {
  test(`an address is refused with the reason: ${name}`, async ({ page, baseURL }) => {
    await open(page)
    await page.getByRole('radio', { name: 'An address' }).check()
    await page.getByRole('textbox', { name: 'Address' }).fill(url(baseURL ?? ''))
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await expect(page.getByRole('alert')).toContainText(says, { timeout: 60_000 })
    // nothing was begun, and another try is possible
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveAttribute('aria-disabled', 'false')
  })
}

const PROGRAMS = [
  { name: 'a slip of the pen', text: 'export function model(g, tokens) {\n  return g.(\n}', says: 'program.syntax' },
  {
    name: 'an unknown op',
    text: 'export const batch = { rows: 1, context: 32 }\n' +
      'export function model(g, tokens) { return g.telepathy(tokens) }\n' +
      "export function optimizer() { return [{ match: '*', rule: 'sgd', lr: 1 }] }",
    says: 'telepathy',
  },
  { name: 'an endless loop', text: 'while (true) {}', says: 'sandbox.timeout' },
  { name: 'a reach for the network', text: "fetch('https://example.com')", says: 'fetch' },
]
for (const { name, text, says } of PROGRAMS) {
  test(`Check explains ${name}`, async ({ page }) => {
    await open(page)
    const verdict = await checkProgram(page, text)
    await expect(verdict).toContainText(says, { timeout: 60_000 })
  })
}

test('a program that checks shows its size, memory and knobs', async ({ page }) => {
  await open(page)
  await page.getByRole('heading', { name: 'Program' }).click()
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  const verdict = page.getByRole('region', { name: 'Check' })
  await expect(verdict).toContainText('Predicted memory', { timeout: 60_000 })
  await expect(verdict.getByRole('region', { name: 'Knobs' })).toContainText('MATRIX_LR')
})
