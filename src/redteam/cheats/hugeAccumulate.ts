import type { Cheat } from '../types'
import { forged, refused } from '../walls'

export default {
  id: 'endless-step',
  family: 'clock',
  title: 'Make one step last for ever',
  tries: 'A broken box asks for a billion micro-batches before the clock is looked at.',
  attempt: async (ground) => refused(ground.hear(await forged(ground, ({ batch }) => (batch.accumulate = 1e9))), /^program\.graph$/),
} satisfies Cheat
