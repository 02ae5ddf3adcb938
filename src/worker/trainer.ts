// Entry of the trainer worker in a browser.

import { expose } from 'comlink'
import { createTrainer } from '../judge/trainer'
import type { Trainer } from '../judge/types'
import { throwJson } from './border'
import { browserHost } from './browserHost'
import { isExperimental } from './experimental'
import { openTuningStore } from './tuningDexie'

const host = { gpu: async () => navigator.gpu, threads: browserHost(), experimental: isExperimental(self.name) }
expose(throwJson<Trainer>(createTrainer(host, openTuningStore())))
