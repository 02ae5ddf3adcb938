import { HONEST } from '../programs'
import type { Cheat } from '../types'
import { withoutEffect } from '../walls'

export default {
  id: 'seed-export',
  family: 'luck',
  title: 'Choose the seed',
  tries: 'train.js exports seeds under every name it can think of.',
  attempt: (ground) => withoutEffect(ground, `${HONEST}\nexport const seed = 42, seeds = [42], SEED = 42, random = () => 0.5`),
} satisfies Cheat
