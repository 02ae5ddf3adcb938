import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const { DISPLAY, WAYLAND_DISPLAY, CI } = process.env
const hasDisplay = !CI && (process.platform !== 'linux' || Boolean(DISPLAY || WAYLAND_DISPLAY))

export default defineConfig({
  // relative URLs: dist/ works from any sub-path of any static host
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'es2022', chunkSizeWarningLimit: 700 },
  // what `npm start` serves: loopback only, the next free port if this one is taken
  preview: { host: 'localhost', port: 4173, open: hasDisplay },
  test: {
    include: ['src/**/*.test.ts', '.ci/*.test.mjs'],
    environment: 'node',
    // kernels run on a software adapter with two cores: files side by side would only fight for them
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
