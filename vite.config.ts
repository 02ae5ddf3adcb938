import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // relative URLs: dist/ works from any sub-path of any static host
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'es2022', chunkSizeWarningLimit: 700 },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
    // kernels run on a software adapter with two cores: files side by side would only fight for them
    fileParallelism: false,
    testTimeout: 60_000,
  },
})
