// The box on one thread: QuickJS beside the caller. Used in Node and, inside the worker, in the page.

import { newQuickJSWASMModuleFromVariant } from 'quickjs-emscripten-core'
import type { QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core'
import { LabError } from '../core/errors'
import { inferShapes } from '../graph/shapes'
import type { Box } from './contract'
import { parseProgram } from './parseProgram'
import { runProgram } from './runProgram'

export interface BoxOptions {
  /** where the engine's WebAssembly comes from; without it Node finds the package's own file */
  variant?: QuickJSSyncVariant
  /** told when QuickJS itself failed in a job; the box loads it anew for the next one */
  onBroken?: () => void
}

const WARM_UP = "export const model = (g, tokens) => g.embedding(g.param('w', [16, 16], g.zeros()), tokens)"

/** Opens a box. QuickJS stays loaded between jobs, each of which gets a runtime of its own. */
export async function createBox({ variant, onBroken }: BoxOptions = {}): Promise<Box> {
  const engine = variant ?? (await import('@jitl/quickjs-ng-wasmfile-release-sync')).default
  const load = async () => {
    const loaded = await newQuickJSWASMModuleFromVariant(engine)
    // the first job is ten times slower than the rest while the engine is compiled; let it be nobody's
    runProgram(loaded, { source: WARM_UP, vocab: 16, tier: 'software' })
    return loaded
  }
  let quickjs: QuickJSWASMModule | null = await load()
  let closed = false
  return {
    async describe(request) {
      if (closed) throw new LabError('lab.state', 'the box is closed', { hint: 'Open a new one.' })
      quickjs ??= await load()
      const outcome = runProgram(quickjs, request)
      if (!outcome.healthy) {
        quickjs = null
        onBroken?.()
      }
      if (outcome.error) throw outcome.error
      const program = parseProgram(outcome.text)
      inferShapes(program.graph, request.vocab)
      return program
    },
    close() {
      closed = true
      quickjs = null
    },
  }
}
