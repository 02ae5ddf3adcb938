// Entry of one of the engine's threads in Node. See nodeHost.ts.

import { parentPort } from 'node:worker_threads'
import { LabError } from '../../../core/errors'
import { serveThread } from './thread'

if (parentPort === null) throw new LabError('lab.internal', 'kernelThread runs in a worker thread only')
const port = parentPort
serveThread({
  post: (message, transfer) => port.postMessage(message, transfer),
  onMessage: (listener) => void port.on('message', listener),
})
