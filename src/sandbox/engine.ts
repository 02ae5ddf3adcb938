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

const WARM_UP = "export const model = (g, tokens) => g.embedding(g.param('w', [16, 16], g.zeros()), tokens)"

/** Opens the engine over the bytes of the package's WebAssembly file. */
export async function openEngine(wasm: BufferSource): Promise<Engine> {
  const variant = newVariant(ngVariant, { wasmModule: await WebAssembly.compile(wasm) })
  const instantiate = () => newQuickJSWASMModuleFromVariant(variant)
  // the first job is ten times slower than the rest while the engine is optimised; let it be nobody's
  runProgram(await instantiate(), { source: WARM_UP, vocab: 16, tier: 'software' })
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
