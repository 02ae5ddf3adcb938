// The first look at an author's text, before the parser: bounded in length and depth, plain characters, words of the part
// of WGSL that only computes. Whatever the parser is lenient about has no chance to matter.

import { WgslScanner, type Token } from './parser'
import { KERNEL_LIMITS } from './kernel'

/** A complaint with its line; author.ts adds the kernel's name and throws it. */
export class TextFault extends Error {
  readonly line: number
  readonly hint: string

  constructor(message: string, line: number, hint: string) {
    super(message)
    this.line = line
    this.hint = hint
  }
}

/** Words of WGSL that a kernel has no use for, and what it should do instead. */
const REFUSED: Record<string, string> = {
  '@': 'Attributes are written by the lab: leave out @group, @binding, @compute, @builtin and the like.',
  enable: 'Extensions cannot be switched on.',
  requires: 'Extensions cannot be asked for.',
  diagnostic: 'Diagnostics cannot be changed.',
  override: 'Write the number itself: the text may be made with ${…} in train.js.',
  struct: 'Use vectors, arrays and plain variables.',
  alias: 'Write the type itself.',
  ptr: 'Return values instead of pointing at them.',
  '&': 'Return values instead of pointing at them; & between numbers is not available either.',
  switch: 'Use if and else.',
  discard: 'Use return.',
  const_assert: 'Leave it out.',
  static_assert: 'Leave it out.',
}

const WORDS = new Set(
  (
    'fn let var const if else for while loop continuing break continue return true false bool i32 u32 f32 array bitcast ' +
    'vec2 vec3 vec4 mat2x2 mat2x3 mat2x4 mat3x2 mat3x3 mat3x4 mat4x2 mat4x3 mat4x4'
  ).split(' '),
)
const PUNCTUATION = new Set(
  '( ) [ ] { } , ; : . = + - * / % ! ~ < > <= >= == != && || | ^ << >> -> ++ -- += -= *= /= %= |= ^= <<= >>='.split(' '),
)
const IDENTIFIER = /^[A-Za-z]\w{0,39}$/
const NUMBER = /^-?(0x[0-9a-fA-F]{1,8}[iu]?|\d{1,10}[iu]?|(\d{0,20}\.\d{1,20}|\d{1,20}\.?)([eE][+-]?\d{1,2})?f?)$/

/**
 * The words of a text, after every check that needs no grammar.
 * @throws TextFault
 */
export function scan(text: string): Token[] {
  if (text.length > KERNEL_LIMITS.textChars)
    throw new TextFault(`is longer than ${KERNEL_LIMITS.textChars} characters`, 0, 'Make it shorter, or two kernels of it.')
  const lines = text.split('\n')
  const odd = lines.findIndex((line) => /[^\t\r\x20-\x7e]/.test(line) || /[\w.]{49}/.test(line))
  if (odd >= 0) throw new TextFault('has a word of more than 48 characters, or one that is not plain ASCII', odd + 1, 'Write plain WGSL.')
  const tokens = words(text)
  for (const [i, token] of tokens.entries()) checkWord(token, tokens[i - 1]?.lexeme)
  checkNesting(tokens)
  checkArrays(tokens)
  return tokens
}

function words(text: string): Token[] {
  try {
    return new WgslScanner(text).scanTokens().slice(0, -1)
  } catch (thrown) {
    const line = /line (\d+)/.exec(String(thrown))
    throw new TextFault('has a character that WGSL does not know', Number(line?.[1] ?? 0), 'Write plain WGSL.')
  }
}

function checkWord({ lexeme, line }: Token, before: string | undefined): void {
  const refused = Object.hasOwn(REFUSED, lexeme) ? REFUSED[lexeme] : undefined
  if (refused !== undefined) throw new TextFault(`"${lexeme}" is not allowed`, line, refused)
  if (lexeme === '<' && before === 'var')
    throw new TextFault('a variable with an address space is not allowed', line, 'Write var name = …; its memory is the function’s own.')
  if (WORDS.has(lexeme) || PUNCTUATION.has(lexeme)) return
  if (/^[A-Za-z_]/.test(lexeme)) {
    if (!IDENTIFIER.test(lexeme) || lexeme.includes('__'))
      throw new TextFault(`"${lexeme}" is not allowed as a name`, line, 'Names are up to 40 letters, digits and single _.')
  } else if (!NUMBER.test(lexeme)) {
    const hint = /^[-.\d]/.test(lexeme) ? 'Numbers are like 1, 2u, 3i, 0x1f, 0.5, 1e-6; no f16, no hexadecimal fractions.' : 'Leave it out.'
    throw new TextFault(`"${lexeme}" is not allowed`, line, hint)
  }
}

const CLOSES: Record<string, string> = { ')': '(', ']': '[', '}': '{' }

/** Brackets pair up, not too deep, and outside of them stand functions only. */
function checkNesting(tokens: readonly Token[]): void {
  const open: string[] = []
  let inHeader = false
  for (const { lexeme, line } of tokens) {
    if (open.length === 0 && !inHeader && lexeme !== ';') {
      if (lexeme !== 'fn') throw new TextFault(`"${lexeme}" outside of functions`, line, 'A kernel is made of functions: fn name(…) { … }.')
      inHeader = true
    }
    if (lexeme === '(' || lexeme === '[' || lexeme === '{') open.push(lexeme)
    else if (lexeme in CLOSES && open.pop() !== CLOSES[lexeme])
      throw new TextFault(`"${lexeme}" closes nothing`, line, 'Brackets must pair up.')
    if (lexeme === '}' && open.length === 0) inHeader = false
    if (open.length > KERNEL_LIMITS.nesting)
      throw new TextFault(`is nested deeper than ${KERNEL_LIMITS.nesting} brackets`, line, 'Use more, simpler statements.')
  }
  if (open.length > 0) throw new TextFault(`"${open.at(-1)}" is not closed`, tokens.at(-1)!.line, 'Brackets must pair up.')
}

/** array<type, count>, count a plain number: the parser would compute others itself. */
function checkArrays(tokens: readonly Token[]): void {
  for (const [i, { lexeme, line }] of tokens.entries()) {
    if (lexeme !== 'array') continue
    const rest = tokens.slice(i + 1, i + 9).map((token) => token.lexeme).join(' ') // prettier-ignore
    if (!/^< \w+ (< \w+ > )?, \d+u? >/.test(rest))
      throw new TextFault('an array needs its type and a plain number of elements', line, 'Write array<f32, 8>.')
  }
}
