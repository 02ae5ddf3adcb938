// Entry of one thread of the processor's limit, in Node.

import { parentPort, workerData } from 'node:worker_threads'
import { runCeiling } from './benchCeiling'

parentPort?.postMessage(runCeiling(Number(workerData)))
