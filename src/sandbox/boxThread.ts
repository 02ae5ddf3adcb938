// Entry point of the box's thread in Node. See nodeBox.ts.

import { parentPort } from 'node:worker_threads'
import { LabError } from '../core/errors'
import { readEngineFile } from './nodeEngine'
import { serveBox } from './serveBox'

if (parentPort === null) throw new LabError('lab.internal', 'boxThread runs in a worker thread only')
const port = parentPort
await serveBox(
  { post: (text) => port.postMessage(text), onRequest: (listener) => port.on('message', listener) },
  await readEngineFile(),
)
