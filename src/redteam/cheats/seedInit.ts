import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'seed-of-a-parameter',
  family: 'luck',
  title: 'Give a parameter a seed of its own',
  tries: 'A parameter’s start is written by hand, with a seed in it.',
  attempt: (ground) => refused(ground.describe(modelWith("g.param('w', [16], { kind: 'normal', std: 1, seed: 7 })\nreturn head(x)")), /^program\.graph$/),
} satisfies Cheat
