// How long a text is for a model whose tokenizer is not at hand.

const PIECE = /[A-Za-z]+|[ \t]+|[\p{ASCII}]|[^\p{ASCII}]+/gu

/**
 * Tokens of a text, rather too many than too few: three letters of a word make one, every digit and every sign is one
 * (some tokenizers join them, some do not), and so is every byte of what is not ASCII. A space before a word is free.
 */
export function estimateTokens(text: string): number {
  let tokens = 0
  for (const [piece] of text.matchAll(PIECE)) {
    if (/^[A-Za-z]/.test(piece)) tokens += Math.ceil(piece.length / 3)
    else if (piece === ' ') continue
    else tokens += piece.charCodeAt(0) < 128 ? 1 : bytesOf(piece)
  }
  return tokens
}

/** In UTF-8. */
function bytesOf(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // half of a pair: two of the pair's four
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return bytes
}
