// The kernels' own test files, run in a real browser: its WebGPU is not Dawn in Node.

import { expect, test } from '@playwright/test'
import { readdirSync } from 'node:fs'
import type { KernelReport } from './kernels/main'

const folder = new URL('../src/engine/kernels/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))

test.setTimeout(300_000)

for (const file of files) {
  const name = file.slice(0, -'.test.ts'.length)
  test(`${name} agrees with the reference`, async ({ page }) => {
    await page.goto(`http://127.0.0.1:${process.env.ASSAY_KERNELS_PORT}/kernels/?${name}`)
    const report = await page.evaluate<KernelReport | undefined>(() => window.kernelReport)
    expect(report?.failures).toEqual([])
    expect(report?.compared).toBeGreaterThan(0)
    expect(report?.adapter).not.toBe('none')
    for (const suite of report?.skipped ?? []) console.log(`${name}: ${suite}`)
    console.log(`${name}: ${report?.passed} tests, ${report?.compared} comparisons on ${report?.adapter}`)
  })
}
