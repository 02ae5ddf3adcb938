import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'forged-answer-kind',
  family: 'score',
  title: 'Answer with a kind of message that does not exist',
  tries: 'A broken box answers “scored” instead of “described”.',
  attempt: (ground) => refused(ground.hear('scored\n{"valBpb":0.0001}'), /^sandbox\.output$/),
} satisfies Cheat
