import { expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import { readKernelText } from './author'
import { KERNEL_LIMITS } from './kernel'
import type { Frame } from './names'

const FRAME: Frame = { per: 'row', inputs: [{ name: 'x', batch: true }, { name: 'w', batch: false }], state: 2 } // prettier-ignore

function read(text: string, which: 'forward' | 'backward' = 'forward', frame = FRAME) {
  return readKernelText(text, which, frame, 'kernel "k"')
}

/** A forward with these statements, after these functions. */
const body = (statements: string, functions = '') => `${functions}\nfn forward(t: u32, lane: u32) {\n${statements}\n}`

function refusal(text: string): LabError {
  try {
    read(text)
  } catch (thrown) {
    if (thrown instanceof LabError) return thrown
    throw thrown
  }
  throw new Error(`expected a refusal of ${text.slice(0, 200)}`)
}

test('a text is printed anew: own names prefixed, every loop counted, comments gone', () => {
  const { code, lines } = read(
    body(
      `  // sums
  var total = 0.0; /* y = 1; */
  for (var i = 0u; i < 4u; i++) { if (i == 2u) { continue; } total += x(i) * w(i); }
  while (total > 1e3) { total *= 0.5; }
  loop { total -= 1.0; continuing { break if total < 0.0; } }
  set_y(lane, square(total));`,
      'fn square(value: f32) -> f32 { return value * value; }',
    ),
  )
  expect(code.split('\n')).toEqual([
    'fn f_square(v_value: f32) -> f32 {',
    'return (v_value * v_value);',
    '}',
    'fn f_forward(v_t: u32, v_lane: u32) {',
    'var v_total = 0.0;',
    'for (var v_i = 0u; (v_i < 4u); v_i++) {',
    'if (spend()) { break; }',
    'if ((v_i == 2u)) {',
    'continue;',
    '}',
    'v_total += (get_x(v_i) * get_w(v_i));',
    '}',
    'while ((v_total > 1000.0)) {',
    'if (spend()) { break; }',
    'v_total *= 0.5;',
    '}',
    'loop {',
    'if (spend()) { break; }',
    'v_total -= 1.0;',
    'continuing {',
    'break if ((v_total < 0.0));',
    '}',
    '}',
    'set_y(v_lane, f_square(v_total));',
    '}',
  ])
  expect(lines[4]).toBe(4)
  expect(lines[23]).toBe(8)
})

test.each([
  ['vectors, arrays and matrices', 'var a = array<vec4<f32>, 4>(); a[1] = vec4f(1.0, 2.0, vec2<f32>(3.0)); let m = mat2x2f(1.0, 0.0, 0.0, 1.0); set_y(0, a[1].xy[0] + (m * vec2(1.0, 2.0)).x);'],
  ['numbers', 'let a = 0x1F + 3 - -2; let b = 1u + 0x10u; let c = 1.5f - .5 + 2. + 1e-6 * 3E2; set_y(0, f32(a) + f32(b) + c - 1);'],
  ['indices that are computed', 'var a: array<f32, 8>; a[t%8u] = x_at(t-1u, lane); set_y(lane, a[0]-1.0);'],
  ['blocks, else if, ternaries by select', '{ let a = 1.0; set_state(0, a); } if lane == 0u { return; } else if (lane > 2u) { set_y(0, 1.0); } else { set_y(1, select(0.0, 1.0, t > 3u)); }'],
  ['bits', 'let a = (t << 2u) | (t >> 1u); let b = bitcast<f32>(a ^ 7u); set_y(0, b); let c = ~a;'],
  ['logic', 'let a = !(t > 1u && lane < 2u || false); set_y(0, f32(a));'],
])('accepts %s', (_, statements) => {
  const once = read(body(statements))
  // what is printed reads the same again
  const names = { v_: '', f_: '', get_: '' }
  const again = once.code.replace(/\b(v_|f_|get_)(?=\w)/g, (prefix) => names[prefix as keyof typeof names]).replaceAll('set_set_', 'set_')
  expect(read(again).code).toBe(once.code)
})

test.each([
  ['a binding', '@group(0) @binding(9) var<storage, read_write> all: array<f32>;\nfn forward(t: u32, lane: u32) {}', '@'],
  ['an entry point', '@compute @workgroup_size(1) fn main() {}', '@'],
  ['workgroup memory', 'var<workgroup> shared: array<f32, 4>;\nfn forward(t: u32, lane: u32) {}', 'var'],
  ['private memory', 'var<private> seen: f32;\nfn forward(t: u32, lane: u32) {}', 'var'],
  ['an override', 'override size: u32 = 1u;\nfn forward(t: u32, lane: u32) {}', 'override'],
  ['an extension', 'enable f16;\nfn forward(t: u32, lane: u32) {}', 'enable'],
  ['a directive', 'diagnostic(off, derivative_uniformity);\nfn forward(t: u32, lane: u32) {}', 'diagnostic'],
  ['a struct', 'struct S { a: f32 }\nfn forward(t: u32, lane: u32) {}', 'struct'],
  ['a module constant', 'const N = 4;\nfn forward(t: u32, lane: u32) {}', 'const'],
  ['a function address space', body('var<function> a = 1.0;'), 'address space'],
  ['a pointer', body('var a = 1.0; let p = &a; *p = 2.0;'), '&'],
  ['a dereference', body('let a = *t;'), '*'],
  ['atomics', body('atomicAdd(t, 1u);'), 'atomicAdd'],
  ['barriers', body('workgroupBarrier();'), 'workgroupBarrier'],
  ['subgroups', body('let a = subgroupAdd(1.0);'), 'subgroupAdd'],
  ['textures', body('let a = textureLoad(x, t);'), 'textureLoad'],
  ['derivatives', body('let a = dpdx(1.0);'), 'dpdx'],
  ['half precision', body('let a = 1.0h;'), '1.0h'],
  ['half vectors', body('let a = vec2h(1.0);'), 'f16'],
  ['discard', body('discard;'), 'discard'],
  ['switch', body('switch t { case 0: { set_y(0, 1.0); } default: {} }'), 'switch'],
  ['the counter', body('trips = 1000u; loop { if (spend()) { break; } }'), 'spend'],
  ['another accessor’s inside', body('let a = get_x(0);'), 'get_x'],
  ['the gradient in forward', body('add_dx(0, 1.0);'), 'add_dx'],
  ['a backward only name', body('let a = dy(0);'), 'dy'],
  ['recursion', body('a();', 'fn a() { b(); } fn b() { a(); }'), 'calls itself'],
  ['recursion of the entry', body('forward(t, lane);'), 'calls itself'],
  ['a function named like a built-in one', body('let a = exp(1.0);', 'fn exp(a: f32) -> f32 { return a; }'), 'exp'],
  ['a function named like an accessor', body('let a = x(1u);', 'fn x(i: u32) -> f32 { return 1.0; }'), '"x"'],
  ['two functions of one name', body('', 'fn a() {} fn a() {}'), '"a"'],
  ['a missing entry', 'fn main(t: u32, lane: u32) {}', 'fn forward(t: u32, lane: u32)'],
  ['an entry with other parameters', 'fn forward(t: f32, lane: u32) {}', 'fn forward(t: u32, lane: u32)'],
  ['an entry that returns', 'fn forward(t: u32, lane: u32) -> f32 { return 1.0; }', 'fn forward(t: u32, lane: u32)'],
  ['large arrays', body('var a: array<f32, 100000>;'), '100000'],
  ['many arrays', body(Array.from({ length: 5 }, (_, i) => `var a${i}: array<f32, 256>;`).join('\n')), 'in all arrays'],
  ['arrays of arrays', body('var a: array<array<f32, 4>, 4>;'), 'array'],
  ['arrays whose size is computed', body('var a: array<f32, 2 * 4>;', 'fn f() -> u32 { loop { } return 4u; }'), 'array'],
  ['runtime arrays', body('var a: array<f32>;'), 'array'],
  ['unclosed brackets', 'fn forward(t: u32, lane: u32) { if (true) {', 'not closed'],
  ['brackets that close nothing', 'fn forward(t: u32, lane: u32) { } }', '}'],
  ['text after the functions', `${body('')} garbage`, 'garbage'],
  ['text that ends the template', body('set_y(0, 1.0); } @compute fn main() {'), '@'],
  ['a comment that is not closed', 'fn forward(t: u32, lane: u32) { /* ', 'not closed'],
  ['letters that look like others', body('let а = 1.0;'), 'ASCII'],
  ['a null character', body('let a = 1.0;\0'), 'ASCII'],
  ['names with double underscores', body('let __a = 1.0;'), '__a'],
  ['phony names', body('_ = 1.0;'), '_'],
  ['members that are none', body('let a = t.length;'), 'member'],
  ['numbers beyond f32', body('let a = 1e99;'), 'f32'],
  ['hexadecimal fractions', body('let a = 0x1.8p3;'), 'allowed'],
])('refuses %s', (_, text, named) => {
  const error = refusal(text)
  expect(error.code).toBe('program.graph')
  expect(error.message).toContain(named)
  expect(error.hint).not.toBe('')
})

test('names of ours mean something else in a text: nothing of the wrapper can be reached', () => {
  const { code } = read(body('in_x[0] = 1.0; trips = 9u; fault = 0u; let T = token + row; out_y[0] = bitcast<f32>(nan_bits);'))
  expect(code.split('\n').slice(1, -1)).toEqual(['v_in_x[0] = 1.0;', 'v_trips = 9u;', 'v_fault = 0u;', 'let v_T = (v_token + v_row);', 'v_out_y[0] = bitcast<f32>(v_nan_bits);'])
})

test('names the line of the text', () => {
  expect(refusal(body('let a = 1.0;\nlet b = nothing(2.0);')).message).toBe('kernel "k", forward line 4: there is no function "nothing".')
  expect(refusal(body('let a = 1.0;\nlet b = ;')).message).toMatch(/^kernel "k", forward line 4: /)
})

test('what the parser would lose is refused: a member of a member in brackets', () => {
  expect(refusal(body('let v = vec4f(1.0); let a = ((v.xyz)).y;')).message).toContain('cannot be read without doubt')
})

test('work is counted with calls written out, in loops and outside', () => {
  const plain = read(body('set_y(0, 1.0);'))
  expect(plain.body).toBe(0)
  const looped = read(body('for (var i = 0u; i < t; i++) { set_y(0, 1.0); }'))
  expect(looped.body).toBeGreaterThan(plain.straight - 3)
  const doubling = Array.from({ length: 14 }, (_, i) => `fn a${i}() { a${i + 1}(); a${i + 1}(); }`).join('\n')
  expect(refusal(body('a0();', `${doubling}\nfn a14() { set_y(0, 1.0); }`)).message).toContain('operations when every call is written out')
})

test('calls of calls do not make reading slow', () => {
  const calls = (i: number) => `fn a${i}() { ${`a${i + 1}();`.repeat(40)} }`
  const begun = process.cpuUsage()
  expect(refusal(body('a0();', `${Array.from({ length: 14 }, (_, i) => calls(i)).join('\n')}\nfn a14() { set_y(0, 1.0); }`)).message).toContain('millions of operations')
  expect(process.cpuUsage(begun).user).toBeLessThan(2e6)
})

test.each([
  ['a long text', `${body('')}${' '.repeat(KERNEL_LIMITS.textChars)}`],
  ['many functions', body('', Array.from({ length: 40 }, (_, i) => `fn f${i}() {}`).join(' '))],
  ['deep brackets', body(`let a = ${'('.repeat(2000)}1${')'.repeat(2000)};`)],
  ['deep blocks', body('{'.repeat(1000) + '}'.repeat(1000))],
  ['deep signs', body(`let a = ${'-'.repeat(3000)}1.0;`)],
  ['long chains', body(`let a = 1.0${' + 1.0'.repeat(1300)};`)],
  ['a long number', body(`let a = ${'1'.repeat(5000)};`)],
  ['a long name', body(`let ${'a'.repeat(5000)} = 1;`)],
  ['many else if', body(`if (true) {} ${'else if (true) {} '.repeat(400)}`)],
  ['many indices', body(`let a = t${'[0]'.repeat(2000)};`)],
  ['nested comments', body('/*'.repeat(3000))],
  ['unfinished templates', body(`let a = ${'vec2<'.repeat(1000)}`)],
])('%s is refused at once', (_, text) => {
  const begun = process.cpuUsage()
  expect(refusal(text).code).toBe('program.graph')
  expect(process.cpuUsage(begun).user).toBeLessThan(2e6)
})
