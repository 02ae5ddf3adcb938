// Our engine as a contestant in a page.

import type { Contestant } from '../../src/cli/benchContestant'
import { ourContestant } from '../../src/cli/benchOurs'
import { openWasm } from '../../src/engine/backends/wasm/engine'
import { openDevice } from '../../src/engine/backends/webgpu/device'
import { browserHost } from '../../src/worker/browserHost'

export function ourWebgpu(): Contestant {
  return ourContestant(() => openDevice(navigator.gpu))
}

/** @param threads all together; they share memory where the page is cross-origin isolated, and are replicas elsewhere */
export function ourWasm(threads: number): Contestant {
  return ourContestant(() => openWasm({ ...browserHost(), threads }))
}
