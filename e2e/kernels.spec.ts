// The kernels' own test files, run in a real browser: its WebGPU is not Dawn in Node.

import { expect, test } from '@playwright/test'
import type { KernelReport } from './kernels/main'

/** Every way that kernels are written: rows, reductions, tiles, scratch, in place. */
const FILES = ['elementwise', 'matmul', 'softmax', 'norm', 'crossEntropy', 'embedding', 'muon', 'update', 'dropout']

for (const name of FILES) {
  test(`${name} agrees with the reference`, async ({ page }) => {
    await page.goto(`http://127.0.0.1:${process.env.ASSAY_KERNELS_PORT}/kernels/?${name}`)
    const report = await page.evaluate<KernelReport | undefined>(() => window.kernelReport)
    expect(report?.failures).toEqual([])
    expect(report?.compared).toBeGreaterThan(0)
    expect(report?.adapter).not.toBe('none')
    console.log(`${name}: ${report?.passed} tests, ${report?.compared} comparisons on ${report?.adapter}`)
  })
}
