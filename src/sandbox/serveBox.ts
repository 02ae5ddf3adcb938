// The inside of a box: hears BoxRequests on a port and answers each with one text, in order.

import { writeAnswer } from './answer'
import type { BoxRequest } from './contract'
import { openEngine } from './engine'

/** A message port of either kind; Node's and the browser's differ in how they are listened to. */
export interface BoxPort {
  post(text: string): void
  onRequest(listener: (request: BoxRequest) => void): void
}

/** Opens a box behind `port`, and says so there. */
export async function serveBox(port: BoxPort, wasm: BufferSource): Promise<void> {
  const tellBroken = (thrown: unknown) => port.post(writeAnswer({ kind: 'broken', text: String(thrown) }))
  try {
    const engine = await openEngine(wasm)
    port.onRequest((request) => engine.run(request).then((answer) => port.post(writeAnswer(answer)), tellBroken))
    port.post(writeAnswer({ kind: 'ready', text: '' }))
  } catch (thrown) {
    tellBroken(thrown)
  }
}
