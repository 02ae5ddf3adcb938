import { expect, it } from 'vitest'
import { frozenCode as computed, frozenFiles } from './build/frozenCode.mjs'
import { frozenCode } from './evidence'

it('a build carries the name of the code that scores: kernels, engine, data and judge, and no test', () => {
  expect(frozenCode()).toMatch(/^[0-9a-f]{64}$/)
  expect(computed()).toBe(computed())
  const files = frozenFiles()
  expect(files).toContain('shaders/matmul_tiled.wgsl')
  for (const path of ['src/judge/train.ts', 'src/engine/backends/wasm/assembly/matmul.ts', 'src/data/rows.ts', 'src/core/rng.ts', 'src/graph/autodiff.ts']) expect(files).toContain(path)
  expect(files.filter((path) => /test|\.d\.|^src\/(ui|history|research)/.test(path))).toEqual([])
})
