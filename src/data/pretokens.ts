// Where byte-pair merging must not cross: words, runs of one or two digits, punctuation, white space. The pattern is
// that of GPT-4 with digits taken one or two at a time. It works on characters, the tokenizer on bytes; bytes that are
// not valid UTF-8 stand in the text as lone surrogates (U+DC80 … U+DCFF), so that nothing is lost on the way.

import { utf8Length } from './documents'

/** a longer piece is cut: merging costs the square of a piece's length */
const maxPieceBytes = 256

const pattern = new RegExp(
  [
    "'(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])", // English contractions
    '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+', // a word, with one mark or space before it
    '\\p{N}{1,2}',
    ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*', // punctuation
    '\\s*[\\r\\n]+',
    '\\s+(?!\\S)', // white space, but for the last before a word
    '\\s+',
  ].join('|'),
  'gu',
)

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Text for any bytes: valid UTF-8 as it is, every other byte b as the lone surrogate U+DC00 + b. */
export function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  let text = ''
  let valid = 0
  for (let i = 0; i < bytes.length; ) {
    const length = utf8Length(bytes, i)
    if (length > 0) {
      i += length
      continue
    }
    text += strict.decode(bytes.subarray(valid, i)) + String.fromCharCode(0xdc00 + bytes[i])
    valid = ++i
  }
  return text + strict.decode(bytes.subarray(valid))
}

/** The bytes that `textOf` made this text from. */
export function bytesOf(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/u.test(text)) return encoder.encode(text)
  const bytes: number[] = []
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00)
    else bytes.push(...encoder.encode(char))
  }
  return Uint8Array.from(bytes)
}

/** Calls `visit` with every piece of the text in order; together the pieces are the text. */
export function eachPiece(text: string, visit: (piece: string) => void): void {
  for (const [match] of text.matchAll(pattern)) {
    // three bytes a UTF-16 unit at most: a short match cannot be too long in bytes
    if (match.length * 3 <= maxPieceBytes) visit(match)
    else cutLong(match, visit)
  }
}

function cutLong(match: string, visit: (piece: string) => void): void {
  let piece = ''
  let length = 0
  for (const char of match) {
    if (length + 4 > maxPieceBytes) {
      visit(piece)
      piece = ''
      length = 0
    }
    piece += char
    length += char.length === 2 ? 4 : 3
  }
  if (piece !== '') visit(piece)
}
