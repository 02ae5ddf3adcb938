// QuickJS inside the box: compiled once, and instantiated anew for every job, so that nothing a program leaves in the
// engine's memory (or breaks there) can reach the next one.

import ngVariant from '@jitl/quickjs-ng-wasmfile-release-sync'
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core'
import type { BoxAnswer } from './answer'
import type { BoxRequest } from './contract'
import { runProgram } from './runProgram'

export interface Engine {
  /** Runs one program; rejects only when no instance can be made. */
  run(request: BoxRequest): Promise<BoxAnswer>
}

/** A program of about a real one's work, and how often: browsers optimise WebAssembly while it runs. */
const WARM_UP = `export function model(g, tokens) {
  let x = g.embedding(g.param('in', [vocab, 8], g.normal(1)), tokens)
  for (let i = 0; i < 60; i++) x = g.add(x, g.linear(g.rmsNorm(x), g.param('w' + i, [8, 8], g.zeros())))
  return g.linear(x, g.param('out', [vocab, 8], g.zeros()))
}
export const schedule = ({ progress }) => ({ lr: 1 - progress })
export const ramp = ({ step }) => ({ momentum: Math.min(0.95, step / 4000) })`
const WARM_UPS = 3

/** Opens the engine over the bytes of the package's WebAssembly file. */
export async function openEngine(wasm: BufferSource): Promise<Engine> {
  const variant = newVariant(ngVariant, { wasmModule: await WebAssembly.compile(wasm) })
  const instantiate = () => newQuickJSWASMModuleFromVariant(variant)
  // the first job is ten times slower than the rest while the engine is optimised; let it be nobody's
  const first = await instantiate()
  for (let i = 0; i < WARM_UPS; i++) {
    const { kind } = runProgram(first, { source: WARM_UP, vocab: 16, tier: 'software' })
    if (kind !== 'described') throw new Error(`the engine answers "${kind}" to a plain program`)
  }
  let next = instantiate()
  return {
    async run(request) {
      const answer = runProgram(await next, request)
      next = instantiate()
      next.catch(() => undefined) // told to whoever needs it
      return answer
    },
  }
}
