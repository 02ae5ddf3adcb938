// Entry of one of the engine's threads in a browser: a worker of the trainer's worker.

import { serveThread, type ToThread } from '../engine/backends/wasm/thread'

serveThread({
  post: (message, transfer) => self.postMessage(message, { transfer }),
  onMessage: (listener) => self.addEventListener('message', ({ data }: MessageEvent<ToThread>) => listener(data)),
})
