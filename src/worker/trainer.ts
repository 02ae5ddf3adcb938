// Entry of the trainer worker in a browser.

import { expose } from 'comlink'
import { createTrainer } from '../judge/trainer'
import type { Trainer } from '../judge/types'
import { throwJson } from './border'
import { isExperimental } from './experimental'
import { openTuningStore } from './tuningDexie'

expose(throwJson<Trainer>(createTrainer(async () => navigator.gpu, openTuningStore(), { experimental: isExperimental(self.name) })))
