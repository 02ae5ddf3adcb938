// Programs to cheat with: one small honest model, and places to put something else.

/** As small as a model can be and still learn: its runs take a second. */
export const SETUP = `
export const batch = { rows: 4, context: 32, accumulate: 1 }
export const optimizer = () => [{ match: /./, rule: 'adamw', lr: 0.01 }]
`

/**
 * A whole program around the body of `model`, in which `x` is [B,T,16], `head` makes logits of it and `matrix(name,
 * out, in)` is a parameter.
 */
export function modelWith(body: string, rest = ''): string {
  return `${SETUP}
export function model(g, tokens) {
const matrix = (name, out, into) => g.param(name, [out, into], g.normal(0.1))
const x = g.rmsNorm(g.embedding(matrix('embed', vocab, 16), tokens))
const head = (y) => g.linear(y, matrix('head', vocab, 16))
${body} }
${rest}
`
}

/** Attends, so that a change of what may be seen would show in its score. */
export const HONEST_BODY = `
const heads = (name) => g.reshape(g.linear(x, matrix(name, 16, 16)), [2, 8])
const mixed = g.attention(heads('q'), heads('k'), heads('v'))
return head(g.add(x, g.linear(g.reshape(mixed, [16]), matrix('out', 16, 16))))`

export const HONEST = modelWith(HONEST_BODY)

/** A program that only runs code, before any model. */
export const code = (text: string) => `${text}\n${HONEST}`

/** Tries to get at each of `names`, and throws what it got hold of. */
export const reach = (names: readonly string[]) =>
  code(`const reached = []
for (const name of ${JSON.stringify(names)}) {
  try { if (globalThis[name] !== undefined) reached.push(name) } catch {}
}
throw new Error('reached: ' + reached.join(' '))`)
