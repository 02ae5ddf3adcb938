// How the built-in grammar makes its choices. The same grammar code runs over two kinds of Draw: a
// StoryWriter draws from a seed and writes, a StoryReader finds each choice again in the written text. That the
// reader gets every draw back is what makes the information content of a story exact.

import { Rng } from '../core/rng'

/** Options with integer weights, so that the same seed draws the same option on every machine. */
export interface Table {
  surfaces: readonly string[]
  weights: readonly number[]
  total: number
}

/**
 * A table of options; without weights they follow Zipf's law in the order given.
 * weight of rank r = round(100000 / (r + 5)), r from 0.
 */
export function table(surfaces: readonly string[], weights?: readonly number[]): Table {
  const used = weights ?? surfaces.map((_, rank) => Math.round(100000 / (rank + 5)))
  let total = 0
  for (const weight of used) total += weight
  return { surfaces, weights: used, total }
}

/** What the grammar is written against: every choice shows at once in the text, at the place of the choice. */
export abstract class Draw {
  /** Σ −log2 p over all choices so far */
  bits = 0
  /** how many choices so far */
  count = 0
  /** the next letter written begins a sentence */
  protected capital = true

  /** Draws an option, writes its surface, and returns its index. */
  choose(options: Table): number {
    const index = this.decide(options)
    this.bits += Math.log2(options.total / options.weights[index])
    this.count++
    this.write(options.surfaces[index])
    return index
  }

  /** Marks the start of a sentence: the next letter written becomes a capital. */
  startSentence(): void {
    this.capital = true
  }

  /** Writes text that follows from what was drawn before, and so carries no information. */
  abstract write(text: string): void
  protected abstract decide(options: Table): number

  /** The text as it will stand, given where it stands. */
  protected cased(text: string): string {
    if (!this.capital) return text
    const first = text[0] === '"' ? 1 : 0
    return text.slice(0, first) + text.charAt(first).toUpperCase() + text.slice(first + 1)
  }
}

/** Draws from a seed. Each option's true probability is its weight's share, to within 2^-32. */
export class StoryWriter extends Draw {
  text = ''
  private readonly rng: Rng

  constructor(rng: Rng) {
    super()
    this.rng = rng
  }

  write(text: string): void {
    if (text === '') return
    this.text += this.cased(text)
    this.capital = false
  }

  protected decide(options: Table): number {
    let left = Math.floor(this.rng.uniform() * options.total)
    let index = 0
    while (left >= options.weights[index]) left -= options.weights[index++]
    return index
  }
}

/** Recovers the draws from a text: of the options that match here, the longest was drawn. */
export class StoryReader extends Draw {
  position = 0
  private readonly text: string

  constructor(text: string) {
    super()
    this.text = text
  }

  write(text: string): void {
    if (text === '') return
    const expected = this.cased(text)
    if (!this.text.startsWith(expected, this.position)) this.fail(expected)
    this.position += expected.length
    this.capital = false
  }

  protected decide(options: Table): number {
    let best = -1
    for (let index = 0; index < options.surfaces.length; index++) {
      const surface = options.surfaces[index]
      if (options.weights[index] === 0 || (best >= 0 && surface.length <= options.surfaces[best].length)) continue
      if (surface === '' || this.text.startsWith(this.cased(surface), this.position)) best = index
    }
    if (best < 0) this.fail(options.surfaces.join(' | '))
    return best
  }

  private fail(expected: string): never {
    const found = this.text.slice(this.position, this.position + 40)
    throw new RangeError(`not a story of this grammar at ${this.position}: expected "${expected}", found "${found}"`)
  }
}
