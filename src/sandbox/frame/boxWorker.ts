// Entry of the box's worker in a browser: a classic worker, made of text inside the frame (frame.js). It says that it
// is up, and is given the engine's WebAssembly and the port to the lab.

import { serveBox } from '../serveBox'
import { strip } from './strip'

self.addEventListener(
  'message',
  ({ data, ports }: MessageEvent<ArrayBuffer>) => {
    const [jobs] = ports
    strip()
    void serveBox(
      {
        post: (text) => jobs.postMessage(text),
        onRequest(listener) {
          jobs.onmessage = ({ data }) => listener(data)
        },
      },
      data,
    )
  },
  { once: true },
)
self.postMessage('up')
