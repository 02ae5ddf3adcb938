// Where a passage that was not found may have been meant to be.

/** Of a line of a text: its number from 1, and how alike it is, 0 … 1. */
export interface NearLine {
  line: number
  text: string
  likeness: number
}

/** The line of `source` most like `wanted` by pairs of letters (Dice's coefficient), spaces aside; the first of equals. */
export function nearestLine(source: string, wanted: string): NearLine {
  const pairs = pairsOf(wanted)
  let best: NearLine = { line: 1, text: '', likeness: -1 }
  for (const [i, text] of source.split('\n').entries()) {
    const likeness = dice(pairs, pairsOf(text))
    if (likeness > best.likeness) best = { line: i + 1, text, likeness }
  }
  return best
}

function pairsOf(line: string): Map<string, number> {
  const letters = line.replace(/\s+/g, '').slice(0, 400)
  const pairs = new Map<string, number>()
  for (let i = 0; i + 1 < letters.length; i++) {
    const pair = letters.slice(i, i + 2)
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
  }
  return pairs
}

/** 2·|a ∩ b| / (|a| + |b|), counted with repeats; 0 when both are empty. */
function dice(a: Map<string, number>, b: Map<string, number>): number {
  let shared = 0
  let total = 0
  for (const [pair, count] of a) {
    shared += Math.min(count, b.get(pair) ?? 0)
    total += count
  }
  for (const count of b.values()) total += count
  return total === 0 ? 0 : (2 * shared) / total
}
