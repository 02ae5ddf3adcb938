import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'post-to-judge',
  family: 'score',
  title: 'Post a message from train.js',
  tries: 'train.js calls postMessage with a finished result.',
  attempt: (ground) => refused(ground.describe(code('postMessage({ ok: true, valBpb: 0.0001 })')), /^sandbox\.forbidden$/),
} satisfies Cheat
