// The box beside its caller, for tools and tests in Node. The lab uses a box that can be ended: nodeBox.ts, workerBox.ts.

import { LabError } from '../core/errors'
import type { Box } from './contract'
import { openEngine } from './engine'
import { readEngineFile } from './nodeEngine'
import { programOf } from './programOf'
import { checkRequest } from './readAnswer'

/** Opens a box on this thread. */
export async function createBox(): Promise<Box> {
  const engine = await openEngine(await readEngineFile())
  let closed = false
  return {
    async describe(request) {
      if (closed) throw new LabError('lab.state', 'the box is closed', { hint: 'Open a new one.' })
      checkRequest(request)
      return programOf(await engine.run(request), request)
    },
    close() {
      closed = true
    },
  }
}
