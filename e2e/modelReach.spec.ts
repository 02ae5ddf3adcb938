// What the page says when a model cannot be reached: a browser tells it only "Failed to fetch", whatever stood in the way.

import { expect, test, type Page } from '@playwright/test'
import { startScriptedServer, type ScriptedServer } from '../src/research/models/testing/scriptedServer'

let server: ScriptedServer
test.afterEach(() => server.close())

/** The page with a model at an address that it may reach, and what it says of it. */
async function say(page: Page, via: string, address: string): Promise<string> {
  await page.addInitScript((origin) => localStorage.setItem('assay.origins', JSON.stringify([{ origin, why: 'ask a model' }])), new URL(address).origin)
  await page.goto(`./#v=1&ctl=model&controller=model&via=${via}&model=scripted&at=${encodeURIComponent(address)}`)
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
