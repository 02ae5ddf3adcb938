import { code } from '../programs'
import type { Cheat } from '../types'
import { unreachable } from '../walls'

const MAKERS = ['() => {}', 'async () => {}', 'function* () {}', 'async function* () {}', 'class {}']

export default {
  id: 'function-constructor',
  family: 'escape',
  title: 'Make code out of text',
  tries: 'train.js reaches for the constructors of functions, generators and classes, to run text that nobody has read.',
  attempt: (ground) =>
    unreachable(ground.describe(code(`const reached = []
for (const [i, made] of [${MAKERS.map((maker) => `(${maker})`).join(', ')}].entries()) {
  try { made.constructor('return 1')(); reached.push(i) } catch {}
  try { Object.getPrototypeOf(made).constructor('return 1')(); reached.push(i) } catch {}
}
throw new Error('reached: ' + reached.join(' '))`))),
} satisfies Cheat
