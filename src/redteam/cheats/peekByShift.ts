import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'peek-by-shift',
  family: 'peeking',
  title: 'Look at the next token by a shift',
  tries: 'g.shift(x, -1) puts the answer where the question is: elsewhere this scored 0.158 bits per byte.',
  attempt: (ground) => refused(ground.describe(modelWith('return head(g.shift(x, -1))')), /^program\.graph$/),
} satisfies Cheat
