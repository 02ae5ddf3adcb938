// npm run attacks: every known cheat, tried in a real browser on the page as it is published; with --fuzz, many
// hostile programs and descriptions at random besides.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright'
import { findChromium, NO_CHROMIUM } from '../../.ci/chromium.mjs'
import { fuzzReports } from './attacksFuzz'

const HELP = `Usage: npm run attacks -- [options]

Builds the page, opens its red-team section in Chromium, tries every cheat and prints what stopped it.

  --fuzz N     then N programs and N descriptions at random, in Node
  --seed N     of the fuzzing (default: 1)
  --json       print JSON instead of tables
  --help       this text

Ends with 1 when anything is not blocked, or could not be tried.`

/** As the journeys start it: WebGPU by software, for the custom kernels. */
const FLAGS = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']
const ROUND_MS = 15 * 60_000

interface Row {
  id: string
  title: string
  outcome: string
  reason: string
}

const { values: options } = parseArgs({
  options: { fuzz: { type: 'string', default: '0' }, seed: { type: 'string', default: '1' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
})
if (options.help) {
  console.log(HELP)
  process.exit(0)
}
const [count, seed] = [options.fuzz, options.seed].map(Number)
if (!Number.isInteger(count) || count < 0 || !Number.isInteger(seed)) fail('--fuzz and --seed take whole numbers.')

const cheats = await attackInBrowser()
const fuzzed = count > 0 ? await fuzzReports(count, seed, (text) => options.json || console.error(text)) : []
if (options.json) console.log(JSON.stringify({ cheats, fuzzed }, null, 2))
else {
  for (const { title, outcome, reason } of cheats) console.log(`${outcome.padEnd(12)} ${title}\n             ${reason}`)
  for (const tally of fuzzed) console.log('\n' + tally.summary)
}
const open = cheats.filter(({ outcome }) => outcome !== 'Blocked')
const leaks = fuzzed.filter(({ clean }) => !clean)
if (!options.json) console.log(`\n${cheats.length - open.length} of ${cheats.length} cheats blocked.`)
process.exit(open.length + leaks.length > 0 ? 1 : 0)

/** The table as a visitor sees it. */
async function attackInBrowser(): Promise<Row[]> {
  const executablePath = findChromium()
  if (!executablePath) return fail(NO_CHROMIUM)
  const { build, preview } = await import('vite')
  const { chromium } = await import('playwright')
  const outDir = mkdtempSync(join(tmpdir(), 'assay-attacks-'))
  await build({ logLevel: 'error', build: { outDir, emptyOutDir: true } })
  const server = await preview({ logLevel: 'error', build: { outDir }, preview: { host: '127.0.0.1', port: 0, open: false } })
  const browser = await chromium.launch({ executablePath, args: FLAGS })
  try {
    const { port } = server.httpServer.address() as { port: number }
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${port}/#v=1&view=redteam`)
    return await attackOnPage(page)
  } finally {
    await browser.close()
    await server.close()
    rmSync(outDir, { recursive: true, force: true })
  }
}

async function attackOnPage(page: Page): Promise<Row[]> {
  const start = page.locator('button[aria-disabled="false"]', { hasText: 'Try them all' })
  await start.click({ timeout: 60_000 })
  await page.locator('.redteam-sum:not(:empty)').waitFor({ timeout: ROUND_MS })
  return page.locator('[data-cheat]').evaluateAll((rows) =>
    rows.map((row) => ({
      id: row.getAttribute('data-cheat') ?? '',
      title: row.querySelector('.cheat-title b')?.textContent ?? '',
      outcome: row.querySelector('.badge')?.textContent ?? '',
      reason: row.querySelector('.cheat-reason')?.textContent ?? '',
    })),
  )
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
