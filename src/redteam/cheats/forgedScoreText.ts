import type { Cheat } from '../types'
import { forged, refused } from '../walls'

export default {
  id: 'forged-score-text',
  family: 'score',
  title: 'Slip a score into the description',
  tries: 'A broken box adds valBpb: 0.0001 to the text that describes the model.',
  attempt: async (ground) => refused(ground.hear(await forged(ground, (program) => (program.valBpb = 0.0001))), /^program\.graph$/),
} satisfies Cheat
