// Texts that nobody would write: whatever comes in, either a refusal comes out or a text whose every loop is counted.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import { recurrence, scaledNorm } from '../sampleKernels'
import { readKernelText } from './author'
import type { Frame } from './names'

const FRAME: Frame = { per: 'row', inputs: [{ name: 'x', batch: true }, { name: 'w', batch: false }, { name: 'a', batch: false }], state: 1 } // prettier-ignore
const WORDS = (
  'fn forward ( t : u32 , lane ) { } ; loop while for if else break continue continuing return var let const = == < > + - * / % & | ^ ! ~ ' +
  '[ ] . x w a set_y state spend trips 0 1u 2.5 1e9 true vec4f array<f32,4> @ @compute struct override enable _ // /* */ -> ++ += ptr &x'
).split(' ')

/** @returns the text as it would be compiled, or null for a refusal */
function read(text: string): string | null {
  const begun = process.cpuUsage()
  try {
    return readKernelText(text, 'forward', FRAME, 'kernel "k"').code
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError)
    return null
  } finally {
    expect(process.cpuUsage(begun).user).toBeLessThan(5e6)
  }
}

function check(text: string): boolean {
  const code = read(text)
  if (code === null) return false
  const lines = code.split('\n')
  for (const [i, line] of lines.entries())
    if (/^(for|while|loop)\b/.test(line)) expect(lines[i + 1]).toBe('if (spend()) { break; }')
  const loops = code.match(/\b(for|while|loop)\b/g) ?? []
  expect(code.split('if (spend()) { break; }')).toHaveLength(loops.length + 1)
  // every name is the author's own, ours, or WGSL's
  for (const [, name] of code.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)) expect(name).not.toMatch(/^(v_|atomic|texture|subgroup|workgroup|storage)/)
  expect(code).not.toMatch(/[@&#]|\/\/|\/\*|var<|\b(struct|override|enable|ptr|alias)\b/)
  return true
}

test('words at random', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 80 }), (words) => void check(words.join(' '))), { numRuns: 400 })
})

test('statements at random', () => {
  const statement = fc.constantFrom(
    'set_y(lane, x(t));', 'loop { break; }', 'for (var i = 0; i < 3; i++) { set_y(lane, 1.0);', 'while (t > 1u) {', '}', 'if (true) {', '} else {',
    'let v = vec4f(1.0).xy;', 'var a = array<f32, 4>();', 'continue;', 'break;', 'return;', 'continuing { break if true; }', '{', 'state(0);', 'a[0] += 1.0;',
  ) // prettier-ignore
  let accepted = 0
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 20 }), (body) => {
      if (check(`fn forward(t: u32, lane: u32) {\n${body.join('\n')}\n}`)) accepted++
    }),
    { numRuns: 400 },
  )
  expect(accepted).toBeGreaterThan(5)
})

test('good texts with a piece changed', () => {
  const texts = [scaledNorm(6).forward, recurrence(6).forward]
  const change = fc.tuple(fc.constantFrom(...texts), fc.nat(400), fc.nat(12), fc.constantFrom('', ...WORDS))
  fc.assert(fc.property(change, ([text, at, length, word]) => void check(text.slice(0, at) + word + text.slice(at + length))), { numRuns: 400 })
})
