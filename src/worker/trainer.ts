// Entry of the trainer worker in a browser.

import { expose } from 'comlink'
import { createTrainer } from '../judge/trainer'
import type { Trainer } from '../judge/types'
import { throwJson } from './border'
import { browserHost } from './browserHost'
import { isExperimental, threadsAsked } from './experimental'
import { openTuningStore } from './tuningDexie'

const threads = browserHost(threadsAsked(self.name))
const host = { gpu: async () => navigator.gpu, threads, experimental: isExperimental(self.name) }
expose(throwJson<Trainer>(createTrainer(host, openTuningStore())))
