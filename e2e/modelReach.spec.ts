// What the page says when a model cannot be reached: a browser tells it only "Failed to fetch", whatever stood in the way.

import { expect, test, type Page } from '@playwright/test'
import { startScriptedServer, type ScriptedServer } from '../src/research/models/testing/scriptedServer'
import { expectAccessible } from './accessible'

let server: ScriptedServer
test.afterEach(() => server.close())

/** The page with a model at an address that it may reach. */
async function open(page: Page, via: string, address: string, model = 'scripted'): Promise<void> {
  await page.addInitScript((origin) => localStorage.setItem('assay.origins', JSON.stringify([{ origin, why: 'ask a model' }])), new URL(address).origin)
  await page.goto(`./#v=1&ctl=model&controller=model&via=${via}&model=${model}&at=${encodeURIComponent(address)}`)
}

/** What the page says of such a model when it is tried. */
async function say(page: Page, via: string, address: string): Promise<string> {
  await open(page, via, address)
  await page.getByRole('button', { name: 'Try it' }).click()
  const said = page.locator('.try-model [aria-live]')
  await expect(said).toHaveText(/\S/, { timeout: 30_000 })
  return said.innerText()
}

test('a server that answers pages is simply asked', async ({ page }) => {
  server = await startScriptedServer(['Hello, I am scripted.'])
  expect(await say(page, 'ollama', server.address)).toContain('Hello, I am scripted.')
  expect(server.paths).toEqual(['OPTIONS /v1/chat/completions', 'POST /v1/chat/completions'])
})

test('one that runs but answers no page: the exact command, with this page’s own origin', async ({ page }) => {
  server = await startScriptedServer(['never'], { cors: false })
  const text = await say(page, 'ollama', server.address)
  expect(text).toContain('does not answer this page')
  expect(text).toContain(`OLLAMA_ORIGINS=${new URL(page.url()).origin} `)
  expect(server.asked).toHaveLength(0)
})

test('one that does not run: how to start it', async ({ page }) => {
  server = await startScriptedServer(['never'])
  await server.close()
  const text = await say(page, 'lmstudio', server.address)
  expect(text).toContain('cannot be reached')
  expect(text).toContain('lms server start')
})

test('a policy in the way is named as such, not as a server that does not run', async ({ page }) => {
  server = await startScriptedServer(['never'])
  await page.route('**/where/', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': "connect-src 'self'" } })
  })
  const text = await say(page, 'compatible', server.address)
  expect(text).toContain(`not allowed to reach ${new URL(server.address).origin}`)
  expect(server.paths).toEqual([])
})

test('what is installed is listed, chosen, and asked with the room that it was loaded with', async ({ page }) => {
  const loaded = { body: JSON.stringify({ models: [{ name: 'qwen3:8b', context_length: 16_384 }] }) }
  server = await startScriptedServer(['Hello, I am scripted.'], { models: ['qwen3:8b', 'llama3.2:latest'], pages: { '/api/ps': loaded } })
  await open(page, 'ollama', server.address, '')
  await expect(page.getByText('Name a model before you start.')).toBeVisible()
  await page.getByRole('button', { name: 'List models' }).click()
  const list = page.getByRole('combobox', { name: 'What it lists' })
  await expect(list.locator('option')).toHaveText(['2 models: choose one', 'llama3.2:latest', 'qwen3:8b · 16,384 tokens'])
  await list.selectOption('qwen3:8b')
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('qwen3:8b')
  await expect(page.getByText('Name a model before you start.')).toBeHidden()
  await page.getByText('How it is used').click()
  const room = page.getByRole('textbox', { name: 'Tokens that question and answer' })
  await expect(room).toHaveValue('16384')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Try it' }).click()
  await expect(page.getByText('Hello, I am scripted.')).toBeVisible()
  expect(server.asked[0].model).toBe('qwen3:8b')
  await list.selectOption('llama3.2:latest')
  await expect(room).toHaveValue('') // nothing is known of that one
})

test('a list that no page may read: the same help as for a question', async ({ page }) => {
  server = await startScriptedServer(['never'], { cors: false })
  await open(page, 'ollama', server.address)
  await page.getByRole('button', { name: 'List models' }).click()
  await expect(page.locator('.model-list')).toContainText(`OLLAMA_ORIGINS=${new URL(page.url()).origin} `)
})
