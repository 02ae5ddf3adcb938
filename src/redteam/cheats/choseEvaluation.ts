import { HONEST } from '../programs'
import type { Cheat } from '../types'
import { withoutEffect } from '../walls'

export default {
  id: 'choose-evaluation',
  family: 'data',
  title: 'Choose what one is scored on',
  tries: 'train.js exports an evaluation of one token and a split that it likes better.',
  attempt: (ground) => withoutEffect(ground, `${HONEST}
export const evaluation = { context: 1, tokens: 1 }, split = 'train', data = { val: [] }`),
} satisfies Cheat
