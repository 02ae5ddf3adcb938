// Journeys in a real Chromium. Most leave the choice of what trains to the page: beside SwiftShader's emulated adapter
// it takes the processor. Kernels and two journeys (repeat, customKernels) use WebGPU, and noWebGpu.spec has none.
// The built page is served from a sub-path, as any static host might. Run by `npm test`; alone: npm run journeys.

import { defineConfig } from '@playwright/test'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { findChromium, NO_CHROMIUM } from '../.ci/chromium.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']

const executablePath = findChromium()
if (!executablePath) throw new Error(NO_CHROMIUM)

/** A free port, the same in every process of this run: workers inherit the environment. */
async function port(name: string): Promise<string> {
  process.env[name] ??= await new Promise<string>((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const found = typeof address === 'object' && address ? String(address.port) : ''
      server.close(() => done(found))
    })
  })
  return process.env[name]
}

const pagePort = await port('ASSAY_PAGE_PORT')
const kernelsPort = await port('ASSAY_KERNELS_PORT')
const page = `http://127.0.0.1:${pagePort}`
const ON_GPU = [{ name: 'assay.backend', value: 'webgpu' }]
const NEED_WEBGPU = ['**/kernels.spec.ts', '**/repeat.spec.ts', '**/customKernels.spec.ts']
const serve = 'npx vite preview --host 127.0.0.1 --strictPort --open false'

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  timeout: 120_000,
  expect: { timeout: 15_000 },
  // two cores, and training wants both
  workers: 1,
  forbidOnly: true,
  use: {
    baseURL: `${page}/some/where/`,
    actionTimeout: 15_000,
    trace: 'retain-on-failure',
    launchOptions: { executablePath, args: ['--no-sandbox', ...WEBGPU] },
  },
  projects: [
    {
      name: 'automatic',
      testIgnore: [...NEED_WEBGPU, '**/noWebGpu.spec.ts'],
    },
    {
      name: 'webgpu',
      testMatch: NEED_WEBGPU,
      use: { storageState: { cookies: [], origins: [{ origin: page, localStorage: ON_GPU }] } },
    },
    {
      name: 'no webgpu',
      testMatch: '**/noWebGpu.spec.ts',
      use: { launchOptions: { executablePath, args: ['--no-sandbox'] } },
    },
  ],
  webServer: [
    { cwd: ROOT, command: `${serve} --port ${pagePort} --base /some/where/`, port: Number(pagePort) },
    {
      cwd: ROOT,
      command: `${serve} --port ${kernelsPort} --config e2e/kernels/vite.config.ts --base /kernels/`,
      port: Number(kernelsPort),
    },
  ],
})
