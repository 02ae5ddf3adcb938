import react from '@vitejs/plugin-react'
import { defaultClientConditions } from 'vite'
import { defineConfig } from 'vitest/config'
import { assembly } from './src/engine/backends/wasm/build/assemblyPlugin.mjs'
import { defineFrozenCode } from './src/judge/build/frozenCode.mjs'
import { boxFrame, frameScriptSource } from './src/sandbox/frame/framePlugin.mjs'
import { pagePolicy } from './src/ui/policy/policyPlugin.mjs'

const { DISPLAY, WAYLAND_DISPLAY, CI } = process.env
const hasDisplay = !CI && (process.platform !== 'linux' || Boolean(DISPLAY || WAYLAND_DISPLAY))

// An isolated page may share memory between threads; without these headers each thread trains a replica. Not
// require-corp: a dataset's server that sends no CORS header could then not be told from one that is not there.
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'credentialless' }

export default defineConfig({
  // relative URLs: dist/ works from any sub-path of any static host
  base: './',
  // one page and no routes: a file that is missing is a 404, not the page again
  appType: 'mpa',
  define: defineFrozenCode(),
  // ONNX Runtime without its WebAssembly inlined a second time (src/worker/pageModelWorker.ts)
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  plugins: [react(), pagePolicy(frameScriptSource()), assembly(), boxFrame()],
  worker: {
    format: 'es',
    plugins: () => [assembly(), boxFrame()],
    // many hosts send .mjs as something that no browser runs
    rolldownOptions: { output: { assetFileNames: ({ names }) => `assets/[name]-[hash]${names[0]?.endsWith('.mjs') ? '.js' : '[extname]'}` } },
  },
  build: { target: 'es2022', chunkSizeWarningLimit: 700 },
  // what `npm start` serves: loopback only, the next free port if this one is taken
  preview: { host: 'localhost', port: 4173, open: hasDisplay, headers: ISOLATION },
  server: { headers: ISOLATION },
  test: {
    include: ['src/**/*.test.ts', '.ci/*.test.mjs'],
    environment: 'node',
    // kernels run on a software adapter with two cores: files side by side would only fight for them
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
})
