// Sources of train.js at random: valid programs, some of whose tokens are exchanged, doubled, dropped, or hostile.

import { tokenizer, type Token } from 'acorn'
import type { Rng } from '../../core/rng'

const NUMBERS = ['0', '-1', '1e308', '-0', '0.5', '1e9', '2 ** 53', 'NaN', 'Infinity', '1n', '0x7fffffff', '4294967296']
const NAMES = [
  'globalThis', 'constructor', '__proto__', 'prototype', 'eval', 'Function', 'Reflect', 'Proxy', 'Symbol.iterator', 'arguments',
  'fetch', 'undefined', 'null', 'this', 'knob', 'tier', 'vocab', 'JSON', 'Object.prototype', 'WeakRef', 'Array.prototype', 'g.tokens',
] // prettier-ignore
const TEXTS = ["''", "'__proto__'", "'\\u0000'", '`${{}}`', "'x'.repeat(1e5)", '/(a|a)*$/', "'constructor'"]
const SNIPPETS = [
  ';for (;;) {}\n', ';throw { get message() { for (;;); } }\n', ';await 1\n', ';new Array(1e9).fill(0)\n', ';while (true) try { throw 1 } catch {}\n',
  ';Object.defineProperty(Object.prototype, "op", { value: 1 })\n', ';(function f() { f() })()\n', ';export default 1\n', ';import("x")\n',
  ';Promise.resolve().then(() => { for (;;); })\n', ';globalThis.g = 1\n', ';"a".replace(/a/, () => { throw 1 })\n', ';yield 1\n', ';debugger\n',
  ';for (const k in globalThis) globalThis[k] = 1\n', ';new Proxy({}, { get() { for (;;); } }).x\n', ';Array.prototype.map = null\n',
] // prettier-ignore

/** A source made from `source` by one to four changes, most of which leave it readable: others end at the parser. */
export function mutateSource(source: string, rng: Rng): string {
  const tokens = [...tokenizer(source, { ecmaVersion: 'latest', sourceType: 'module' })]
  const changes = Array.from({ length: 1 + rng.int(4) }, () => change(tokens, source, rng))
  changes.sort((a, b) => b.start - a.start)
  let text = source
  let last = Infinity
  for (const { start, end, by } of changes) {
    if (end > last) continue // one change a place
    text = text.slice(0, start) + by + text.slice(end)
    last = start
  }
  return text
}

function change(tokens: readonly Token[], source: string, rng: Rng): { start: number; end: number; by: string } {
  const pick = <T>(list: readonly T[]) => list[rng.int(list.length)]
  const textOf = ({ start, end }: Token) => source.slice(start, end)
  const dice = rng.uniform()
  // a statement may stand after a semicolon or a brace that opens a body
  if (dice < 0.1) {
    const { end } = pick(tokens.filter(({ type }) => type.label === ';' || type.label === '{'))
    return { start: end, end, by: pick(SNIPPETS) }
  }
  if (dice < 0.2) {
    const { start, end } = pick(tokens)
    return { start, end: rng.uniform() < 0.5 ? end : Math.max(end, start + rng.int(60)), by: rng.uniform() < 0.3 ? pick(TEXTS) : '' }
  }
  // numbers and names are where a program says what it wants
  const kind = dice < 0.6 ? 'num' : dice < 0.9 ? 'name' : 'string'
  const alike = tokens.filter(({ type }) => type.label === kind)
  const token = pick(alike.length > 0 ? alike : tokens)
  const foreign = { num: NUMBERS, name: NAMES, string: TEXTS }[kind]
  return { start: token.start, end: token.end, by: rng.uniform() < 0.5 ? pick(foreign) : textOf(pick(alike.length > 0 ? alike : tokens)) }
}
