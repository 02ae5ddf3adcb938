import { expect, test } from 'vitest'
import { programLength } from './length'

test('comments, spaces and long names do not count; code and texts do', () => {
  const short = 'const a = f(1)'
  expect(programLength(short)).toBe(7)
  expect(programLength(`/* why */ const   aVeryLongName = f(
    1, // one
  )`)).toBe(8) // the comma
  expect(programLength(`${short}; f(a)`)).toBe(12)
  expect(programLength("g.wgsl('y = x * 2.0;')")).toBe(5 + 8)
  expect(programLength('f(`y = x`)')! - programLength("f('y = x')")!).toBe(2)
  expect(programLength("f('')")).toBe(4)
  expect(programLength('const a =')).toBe(3)
  expect(programLength("const a = 'open")).toBeNull()
})
