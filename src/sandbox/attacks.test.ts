import { beforeAll, expect, test } from 'vitest'
import { createBox } from './box'
import { describe, modelWith, refusal } from './boxFixture'
import type { Box } from './contract'

let box: Box
beforeAll(async () => {
  box = await createBox()
})

const honest = modelWith('return head(x)')

const LATE = 'sandbox.timeout'
// Which of its limits a heavy program meets first depends on how busy the machine is.
const HEAVY = 'sandbox.timeout|sandbox.memory|sandbox.output|program.graph|program.syntax'

// prettier-ignore
const refused: [string, string, string][] = [
  ['fetch', 'fetch("https://example.org")', 'sandbox.forbidden'],
  ['XMLHttpRequest', 'new XMLHttpRequest()', 'sandbox.forbidden'],
  ['process', 'process.exit()', 'sandbox.forbidden'],
  ['postMessage', 'postMessage(1)', 'sandbox.forbidden'],
  ['indexedDB', 'indexedDB.open("x")', 'sandbox.forbidden'],
  ['Date', 'Date.now()', 'sandbox.forbidden'],
  ['performance', 'performance.now()', 'sandbox.forbidden'],
  ['Math.random', 'Math.random()', 'sandbox.forbidden'],
  ['eval', 'eval("1")', 'sandbox.forbidden'],
  ['SharedArrayBuffer', 'new SharedArrayBuffer(8)', 'sandbox.forbidden'],
  ['WebAssembly', 'WebAssembly.compile', 'sandbox.forbidden'],
  ['a static import', 'import fs from "fs"', 'sandbox.forbidden'],
  ['an import of the prelude', 'import x from "prelude.js"', 'sandbox.forbidden'],
  ['an awaited import', 'await import("fs")', 'sandbox.forbidden'],
  ['a wait without end', 'await new Promise(() => {})', 'sandbox.forbidden'],
  ['an endless loop', 'for (;;);', LATE],
  ['an endless loop that catches', 'for (;;) { try { for (;;); } catch { continue } }', LATE],
  ['an endless loop in model', modelWith('while (true);'), LATE],
  ['an endless loop in ramp', modelWith('return head(x)', 'export const ramp = () => { for (;;) {} }'), LATE],
  ['a getter that loops', modelWith('return head(g.rmsNorm(x, { get eps() { for (;;); } }))'), LATE],
  ['a thrown error whose message loops', 'throw { get message() { for (;;); } }', LATE],
  ['an endless regular expression', '/(a+)+b/.test("a".repeat(60))', LATE],
  ['an endless iterator', 'Array.from({ [Symbol.iterator]: () => ({ next: () => ({ value: 1 }) }) })', HEAVY],
  ['a memory bomb', '"x".repeat(2 ** 26)', 'sandbox.memory'],
  ['a slow memory bomb', 'const a = new Array(2e7).fill(1)', HEAVY],
  ['a text bomb', 'let t = "ab"; for (;;) t += t + "c"', HEAVY],
  ['a buffer bomb', 'new Uint8Array(2 ** 30)', HEAVY],
  ['deep recursion', 'function f() { return f() + 1 }\nf()', 'sandbox.memory'],
  ['deep recursion through a getter', 'const o = { get x() { return this.x } }\no.x', 'sandbox.memory'],
  ['deeply nested source', `const a = ${'['.repeat(20_000)}${']'.repeat(20_000)}`, HEAVY],
  ['deeply nested data', 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]\nJSON.stringify(a)', HEAVY],
  ['too many ops', modelWith('let y = x\nfor (let i = 0; i < 20001; i++) y = g.neg(y)\nreturn head(y)'), HEAVY],
  ['too many params', modelWith('for (let i = 0; i < 2001; i++) g.param("p" + i, [1], g.zeros())'), 'program.graph'],
  ['too much output', modelWith(`const long = Array.from({ length: 6 }, () => Number.MAX_SAFE_INTEGER)
    for (let i = 0; i < 8000; i++) g.reshape(x, long)
    return head(x)`), HEAVY],
  ['an async model', 'export async function model(g, tokens) { return tokens }', 'program.graph'],
  ['a generator model', 'export function* model(g, tokens) { yield tokens }', 'program.graph'],
  ['a proxy for logits', modelWith('return new Proxy(x, {})'), 'program.graph'],
  ['a forged handle', modelWith('return new x.constructor()'), 'program.graph'],
  ['a proxy that lies', modelWith('g.param("w", new Proxy([1], { get: () => 9e15 }), g.zeros())'), 'program.graph'],
  ['a shape of text', modelWith('g.param("w", ["8"], g.zeros())'), 'program.graph'],
  ['a forged start', modelWith('g.param("w", [8], { kind: "normal", std: 1, seed: 7 })'), 'program.graph'],
  ['a new method on g', modelWith('g.wgsl = () => x'), 'program.graph'],
  ['Object.prototype', 'Object.prototype.toJSON = () => "owned"', 'program.graph'],
  ['Array.prototype', 'Array.prototype.push = () => {}', 'program.graph'],
  ['JSON.stringify', 'JSON.stringify = () => "{}"', 'program.graph'],
  ['the array iterator', 'Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true })', 'program.graph'],
  ['__proto__ of a literal', '({}).__proto__.polluted = 1', 'program.graph'],
  ['the global object', 'globalThis.knob = () => 1', 'program.graph'],
  ['how stacks are written', 'Error.prepareStackTrace = () => "train.js:99"', 'program.graph'],
]

test.each(refused)('refused: %s', async (_what, source, code) => {
  const error = await refusal(box, `${source}\n`)
  expect(error.code).toMatch(new RegExp(`^(${code})$`))
  expect(error.message).not.toBe('')
})

test('what an attack leaves behind does not reach the next program', async () => {
  const before = await describe(box, honest)
  const quick = refused.filter(([, , code]) => code !== LATE && code !== HEAVY)
  for (const [, source] of quick) await refusal(box, source)
  expect(await describe(box, honest)).toEqual(before)
})

test('code made from text inside the box is still inside the box', async () => {
  const probe = '(() => {}).constructor("return typeof fetch + typeof process + typeof Date + typeof require")()'
  const error = await refusal(box, `throw new Error(${probe})`)
  expect(error.message).toContain('undefinedundefinedundefinedundefined')
})

test('a dynamic import that nobody waits for gives nothing', async () => {
  await describe(box, `const nothing = import('fs')\n${honest}`)
})

test('values that change between looks are read once', async () => {
  const program = await describe(
    box,
    modelWith('return head(x)', 'let n = 0\nexport const batch = { get rows() { return ++n === 1 ? 4 : 1e9 } }'),
  )
  expect(program.batch.rows).toBe(4)
})

test('the box knows only the names it should', async () => {
  const error = await refusal(box, 'throw new Error(Object.getOwnPropertyNames(globalThis).sort().join(" "))')
  const plain =
    'AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Error EvalError ' +
    'Float16Array Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array InternalError Iterator ' +
    'JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol ' +
    'SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakSet globalThis ' +
    'isFinite isNaN knob parseFloat parseInt tier undefined vocab'
  const listed = error.message.replace('train.js line 1: Error: ', '')
  expect(plain.startsWith(listed.slice(0, 480))).toBe(true)
})
