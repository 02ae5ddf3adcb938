import { SETUP } from '../programs'
import { HONEST_BODY } from '../programs'
import type { Cheat } from '../types'
import { withoutEffect } from '../walls'

export default {
  id: 'another-model-when-scored',
  family: 'data',
  title: 'Be another model when it is scored',
  tries: 'model() counts its calls and means to return something else from the second on.',
  attempt: (ground) => withoutEffect(ground, `${SETUP}
let calls = 0
export function model(g, tokens) {
const matrix = (name, out, into) => g.param(name, [out, into], g.normal(0.1))
const x = g.rmsNorm(g.embedding(matrix('embed', vocab, 16), tokens))
const head = (y) => g.linear(y, matrix('head', vocab, 16))
if (++calls > 1) return head(g.shift(x, -1))
${HONEST_BODY} }`),
} satisfies Cheat
