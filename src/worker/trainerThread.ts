// Entry of the trainer thread in Node, where WebGPU is Dawn's.

import { parentPort } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { create, globals } from 'webgpu'
import { createTrainer } from '../judge/trainer'
import type { Trainer } from '../judge/types'
import { throwJson } from './border'

Object.assign(globalThis, globals)
// Dawn's instance must outlive every device made from it, and nothing else keeps it
const gpu = create([])
Object.defineProperty(globalThis, 'dawnInstance', { value: gpu })

expose(throwJson<Trainer>(createTrainer(async () => gpu)), nodeEndpoint(parentPort!))
