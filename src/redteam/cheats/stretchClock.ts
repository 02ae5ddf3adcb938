import { HONEST } from '../programs'
import type { Cheat } from '../types'
import { withoutEffect } from '../walls'

export default {
  id: 'stretch-the-clock',
  family: 'clock',
  title: 'Take more time',
  tries: 'train.js exports a budget a thousand times as large, and steps to go on for.',
  attempt: (ground) => withoutEffect(ground, `${HONEST}
export const budget = { kind: 'tokens', amount: 8192000 }, steps = 100000, maxSteps = Infinity, timeBudget = 1e9`),
} satisfies Cheat
