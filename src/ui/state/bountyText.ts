// Words of strangers, made harmless: React escapes them; here they are bounded, and signs that turn or hide text go.

/** Controls, zero-width signs, line separators, and everything that changes the direction of what follows. */
const HIDDEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** At most `most` characters of a text, without hidden ones; a cut is shown. */
export function tame(text: string, most: number): string {
  const plain = text.slice(0, 4 * most).replace(HIDDEN, (sign) => (sign === '\n' || sign === '\t' ? sign : ''))
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain
}

/** The same in one line. */
export function tameLine(text: string, most: number): string {
  return tame(text, 4 * most).replace(/\s+/g, ' ').trim().slice(0, most)
}

/** 3fa9c1d2…88ab: enough to compare by eye. */
export function shortKey(key: string): string {
  return key.length > 16 ? `${key.slice(0, 8)}…${key.slice(-4)}` : key
}
