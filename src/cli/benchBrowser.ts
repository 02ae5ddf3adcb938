// Drives the benchmark's pages in Chromium, launched as the journeys launch it.

import type { Browser, Page } from 'playwright'
import { findChromium } from '../../.ci/chromium.mjs'
import type { BenchWorker } from '../../e2e/bench/worker'
import type { Setup, Texts } from './benchContestant'
import { CLOSE_MS, within } from './benchRun'
import { serveBench, type BenchServer } from './benchServer'

// no watchdog: on a software adapter a slow framework's step takes seconds, and is not a hang
const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan', '--disable-gpu-watchdog']

/** A contestant in a page of its own. */
export interface PageContestant {
  first(setup: Setup): Promise<{ ms: number; adapter: string; loss: number }>
  load(): Promise<void>
  call<M extends keyof BenchWorker>(method: M, ...args: Parameters<BenchWorker[M]>): Promise<Awaited<ReturnType<BenchWorker[M]>>>
  close(): Promise<void>
}

/** A browser that holds the contestants. */
export interface BenchBrowser {
  version: string
  /** @param isolated cross-origin isolated, so that WASM has threads */
  open(framework: string, isolated: boolean): Promise<PageContestant>
  /** What the pages learn from. */
  give(texts: Texts): void
  /** The processor's own limit by WASM SIMD, one worker a core. */
  ceiling(threads: number, ms: number): Promise<{ gflops: number; fused: boolean }[]>
  close(): Promise<void>
}

/** @returns null without a Chromium */
export async function openBrowser(root: string): Promise<BenchBrowser | null> {
  const executablePath = findChromium()
  if (!executablePath) return null
  const { chromium } = await import('playwright')
  const server: BenchServer = await serveBench(root)
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox', ...WEBGPU] })
  await warmUp(browser, server.page(true))
  return {
    version: browser.version(),
    async open(framework, isolated) {
      // a context of its own: nobody finds another's shaders in a cache
      const context = await browser.newContext()
      const page = await context.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(server.page(isolated))
      return pageContestant(page, framework, errors)
    },
    give({ train, val }) {
      server.add('train.bin', train)
      server.add('val.bin', val)
    },
    async ceiling(threads, ms) {
      const page = await browser.newPage()
      await page.goto(server.page(true))
      const rates = await page.evaluate(([threads, ms]) => window.bench.ceiling(threads, ms), [threads, ms])
      await page.close()
      return rates
    },
    async close() {
      // a browser that hangs ends with this process
      await within(CLOSE_MS, browser.close()).catch(() => undefined)
      server.close()
    },
  }
}

/** Starts the GPU process, so that the first contestant does not pay for it. */
async function warmUp(browser: Browser, address: string): Promise<void> {
  const page = await browser.newPage()
  await page.goto(address)
  await page.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter()
    const device = await adapter?.requestDevice()
    device?.destroy()
  })
  await page.close()
}

function pageContestant(page: Page, framework: string, errors: string[]): PageContestant {
  /** In the words of the page, with what it reported besides. */
  const explain = (error: unknown): never => {
    throw new Error([error instanceof Error ? error.message.split('\n')[0] : String(error), ...errors.slice(0, 3)].join('; '))
  }
  return {
    first: (setup) => page.evaluate(([name, setup]) => window.bench.first(name, setup), [framework, setup] as const).catch(explain),
    load: () => page.evaluate((name) => window.bench.load(name), framework).catch(explain),
    call: (method, ...args) =>
      page.evaluate(([method, args]) => window.bench.call(method, args), [method, args as unknown[]] as const).catch(explain) as Promise<never>,
    close: () => page.context().close(),
  }
}
