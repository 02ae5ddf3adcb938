// The inside of a box worker: hears BoxRequests on a port and answers each with a BoxMessage, in order.

import type { LabErrorJson } from '../core/errors'
import { LabError } from '../core/errors'
import type { ProgramSpec } from '../graph/program'
import type { BoxOptions } from './box'
import { createBox } from './box'
import type { BoxRequest } from './contract'

/** What the worker says: once that it is ready, then one answer to each request, in order. */
export type BoxMessage =
  | { kind: 'ready' }
  | { kind: 'described'; program: ProgramSpec }
  /** `fatal`: the box itself broke or never opened, and the worker is to be ended */
  | { kind: 'refused'; error: LabErrorJson; fatal: boolean }

/** A worker's own global scope, or the parent port of a Node thread. */
export interface BoxPort {
  postMessage(message: BoxMessage): void
  addEventListener(type: 'message', listener: (event: MessageEvent<BoxRequest>) => void): void
}

/** Opens a box behind `port`. */
export async function serveBox(port: BoxPort, variant?: BoxOptions['variant']): Promise<void> {
  let broken = false
  const refuse = (thrown: unknown, fatal: boolean) =>
    port.postMessage({ kind: 'refused', error: LabError.from(thrown).toJSON(), fatal })
  try {
    const box = await createBox({ variant, onBroken: () => (broken = true) })
    port.addEventListener('message', (event) => {
      box.describe(event.data).then(
        (program) => port.postMessage({ kind: 'described', program }),
        (thrown) => refuse(thrown, broken),
      )
    })
    port.postMessage({ kind: 'ready' })
  } catch (thrown) {
    refuse(thrown, true)
  }
}
