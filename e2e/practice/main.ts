// A page with nothing but a practice wallet in a worker of its own.

import { wrap, type Remote } from 'comlink'
import { spawnWorker } from '../../src/worker/spawn'
import type { Member } from './worker'
import workerAddress from './worker?worker&url'

declare global {
  interface Window {
    member: Remote<Member>
  }
}
window.member = wrap<Member>(spawnWorker(workerAddress, 'practice'))
