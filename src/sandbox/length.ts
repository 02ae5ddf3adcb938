// How long a program is, by a measure that comments, spaces and the length of names have no part in.

import { tokenizer, tokTypes } from 'acorn'

/** A word, a number, or one other sign: what a text inside the program, such as a kernel's, is counted by. */
const PIECE = /\w+|[^\s\w]/g

/**
 * Tokens of the parsed source; a string counts as what is in it.
 * @returns null for text that is no program
 */
export function programLength(source: string): number | null {
  let length = 0
  try {
    for (const { type, start, end } of tokenizer(source, { ecmaVersion: 'latest', sourceType: 'module' })) {
      const text = type === tokTypes.string ? source.slice(start + 1, end - 1) : type === tokTypes.template ? source.slice(start, end) : null
      length += text === null ? 1 : Math.max(1, text.match(PIECE)?.length ?? 0)
    }
    return length
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null
    throw thrown
  }
}
