// Runs one kernel test file in this page: index.html?matmul runs src/engine/kernels/matmul.test.ts.
// One file a page, because a page's modules are shared and the harness closes its device after each file.

import type { RunnerTask } from 'vitest'
import { startTests } from 'vitest/internal/browser'
import type { VitestRunner } from 'vitest/suite'
import { lines } from './comparisons'

export interface KernelReport {
  passed: number
  /** what was not passed: failures with their message, and tests that did not run for no stated reason */
  failures: string[]
  /** suites that need a feature which this adapter lacks: their names say which */
  skipped: string[]
  /** tensors compared with the reference */
  compared: number
  adapter: string
}

declare global {
  interface Window {
    kernelReport?: Promise<KernelReport>
  }
}

const files = import.meta.glob('../../src/engine/kernels/*.test.ts')

async function runFile(path: string): Promise<KernelReport> {
  const runner: VitestRunner = {
    config: {
      root: '/',
      name: undefined,
      setupFiles: [],
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: () => files[path](),
  }
  // where vi.setConfig looks for what it changes
  Object.defineProperty(globalThis, '__vitest_worker__', { value: { config: runner.config } })
  const report: KernelReport = { passed: 0, failures: [], skipped: [], compared: 0, adapter: await adapterName() }
  const visit = (task: RunnerTask, parents: string) => {
    const name = parents ? `${parents} › ${task.name}` : task.name
    if (task.type === 'suite' && task.mode === 'skip' && /\(skipped: no [^)]+\)$/.test(task.name)) {
      report.skipped.push(task.name)
      return
    }
    if (task.type === 'test' && task.result?.state === 'pass') report.passed++
    else if (task.type === 'test' && task.result?.state !== 'fail') report.failures.push(`${name}: not run`)
    for (const { message } of task.result?.errors ?? []) report.failures.push(`${name}: ${message}`)
    if (task.type === 'suite') task.tasks.forEach((inner) => visit(inner, name))
  }
  for (const file of await startTests([path], runner)) {
    for (const { message } of file.result?.errors ?? []) report.failures.push(`${file.name}: ${message}`)
    file.tasks.forEach((task) => visit(task, ''))
  }
  for (const line of lines) report.compared += Number(line.split('\t')[0])
  return report
}

async function adapterName(): Promise<string> {
  const adapter = await navigator.gpu?.requestAdapter()
  return adapter ? `${adapter.info.vendor} ${adapter.info.architecture}`.trim() : 'none'
}

window.kernelReport = runFile(`../../src/engine/kernels/${location.search.slice(1)}.test.ts`)
