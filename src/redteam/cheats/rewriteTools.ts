import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'rewrite-the-tools',
  family: 'escape',
  title: 'Exchange the tools',
  tries: 'The model replaces g.attention by a function of its own, for later programs.',
  attempt: (ground) => refused(ground.describe(modelWith('g.attention = () => x\nreturn head(x)')), /^program\.graph$/),
} satisfies Cheat
