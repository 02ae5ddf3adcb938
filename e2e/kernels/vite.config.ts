// Builds the kernels' own test files for a browser: the same suites as in Node, on the browser's WebGPU.
// Built for the journeys only; nothing of it is in dist/.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  resolve: {
    alias: [
      { find: /^webgpu$/, replacement: here('./browserGpu.ts') },
      { find: /^node:fs$/, replacement: here('./comparisons.ts') },
    ],
  },
  // the harness writes its counts to the file of this name, which comparisons.ts keeps in memory
  define: { 'process.env.ASSAY_COMPARISONS': '"memory"' },
  // so that it can also play a server that other pages may not read
  preview: { cors: false, open: false },
  build: { outDir: here('../../.cache/kernels'), emptyOutDir: true, target: 'es2023', minify: false },
})
