// Entry point of the box's worker in Node; the package finds its own WebAssembly file. See nodeBox.ts.

import { parentPort } from 'node:worker_threads'
import { LabError } from '../core/errors'
import { serveBox } from './serveBox'

if (parentPort === null) throw new LabError('lab.internal', 'boxThread runs in a worker thread only')
const port = parentPort
await serveBox({
  postMessage: (message) => port.postMessage(message),
  addEventListener: (_type, listener) => port.on('message', (data) => listener(new MessageEvent('message', { data }))),
})
