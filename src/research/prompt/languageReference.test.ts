import { expect, it } from 'vitest'
import { RULES } from '../../graph/program'
import { arity, OPS } from '../../graph/ops'
import { createBox } from '../../sandbox/box'
import { modelWith, refusal } from '../../sandbox/boxFixture'
import { languageReference } from './languageReference'

const reference = languageReference()
const names = reference.ops.map(({ name }) => name)

it('names every method that train.js is given, and no other', async () => {
  // the box itself lists them to whoever calls one that is not there
  const { hint } = await refusal(await createBox(), modelWith('return g.nothing(x)'))
  expect(names.toSorted()).toEqual(hint.replace(/^Ops: |\.$/g, '').split(', ').toSorted())
})

it('names every op of the graph that is not made by the language itself', () => {
  const byTheLanguage = ['tokens', 'constant']
  for (const op of Object.keys(OPS)) if (!byTheLanguage.includes(op)) expect(names).toContain(op)
  expect(arity('attention')).toEqual([3, 3])
})

it('says of every op how it is called, with its settings and their defaults', () => {
  const text = reference.ops.map(({ line }) => line).join('\n')
  expect(text).toContain('rope(x, { base: 10000 }): rotary positions on x [B,T,H,D], D even')
  expect(text).toContain('attention(q, k, v, { window: 0, scale: 0, softcap: 0 }): causal;')
  expect(text).toContain('slice(x, { axis: -1, start: 0, end }): ')
  expect(text).toContain('param(name, shape, start): A trained tensor.')
  expect(text).toMatch(/^neg abs .* mean \(x\): value by value;/m)
  expect(text).toMatch(/^add sub mul div maximum minimum \(a, b\): /m)
  expect(reference.kernels).toContain("per: 'token',")
  expect(reference.kernels).not.toMatch(/^\s*\*/m)
  expect(text.length + reference.kernels.length).toBeLessThan(8000)
})

it('names every rule with its settings, every export, and every kind of knob', () => {
  expect(reference.rules.map(({ name }) => name).toSorted()).toEqual([...RULES].toSorted())
  expect(reference.rules.map(({ line }) => line).join('\n')).toContain('sgd { lr: 0.1, beta1: 0, ')
  expect(reference.exports.join('\n')).toContain('export const batch = { rows: 8, context: 128, accumulate: 1 }')
  expect(reference.exports.join('\n')).toContain('{ int | linear | log | pow2 | oneOf: […] }')
})
