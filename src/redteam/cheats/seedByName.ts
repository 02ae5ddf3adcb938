import { HONEST } from '../programs'
import type { Cheat } from '../types'
import { withoutEffect } from '../walls'

export default {
  id: 'seed-by-name',
  family: 'luck',
  title: 'Draw other weights by another name',
  tries: 'Every parameter is renamed, in the hope of a luckier draw of the same model.',
  attempt: (ground) => withoutEffect(ground, HONEST.replaceAll(/'(embed|head|out|q|k|v)'/g, "'lucky.$1'")),
} satisfies Cheat
