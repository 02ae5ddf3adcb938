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

/** A source made from `source` by one to eight changes. */
export function mutateSource(source: string, rng: Rng): string {
  const tokens = [...tokenizer(source, { ecmaVersion: 'latest', sourceType: 'module' })]
  const changes = Array.from({ length: 1 + rng.int(8) }, () => change(tokens, source, rng))
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
  const token = tokens[rng.int(tokens.length)]
  const { start, end } = token
  const own = source.slice(start, end)
  const other = tokens[rng.int(tokens.length)]
  const pick = (list: readonly string[]) => list[rng.int(list.length)]
  switch (rng.int(8)) {
    case 0:
      return { start, end, by: '' }
    case 1:
      return { start, end, by: `${own} ${own}` }
    case 2:
      return { start, end, by: source.slice(other.start, other.end) }
    case 3:
      return { start, end, by: /^[\d.]/.test(own) ? pick(NUMBERS) : pick(NAMES) }
    case 4:
      return { start, end, by: pick(TEXTS) }
    case 5:
      return { start, end: start, by: pick(SNIPPETS) }
    case 6:
      return { start, end, by: /^[\d.]/.test(own) ? pick(NUMBERS) : own }
    default:
      return { start, end: Math.max(end, start + rng.int(200)), by: '' }
  }
}
