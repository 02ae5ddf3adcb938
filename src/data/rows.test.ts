import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRowSource } from './rows'
import type { RowSource, TokenSplit } from './types'

const bos = 60_000

/** Documents of the given lengths whose tokens are all different, so that each can be found again. */
function splitOf(lengths: number[]): TokenSplit {
  const offsets = new Uint32Array(lengths.length + 1)
  const tokens: number[] = []
  let next = 0
  lengths.forEach((length, i) => {
    offsets[i] = tokens.length
    tokens.push(bos)
    for (let k = 0; k < length; k++) tokens.push(next++)
  })
  offsets[lengths.length] = tokens.length
  return { tokens: Uint16Array.from(tokens), offsets, byteCount: next, sha256: '' }
}

function rows(source: RowSource, context: number, most = Infinity): number[][] {
  const found: number[][] = []
  const out = new Int32Array(context + 1).fill(-1)
  while (found.length < most && source.next(out)) {
    found.push([...out])
    out.fill(-1)
  }
  return found
}

/** how much text the first documents with `maxTokens` tokens hold */
function textHeld(split: TokenSplit, maxTokens: number): number {
  let documents = 0
  while (documents < split.offsets.length - 1 && split.offsets[documents] < maxTokens) documents++
  return split.offsets[documents] - documents
}

const lengthsOf = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 120 })
const contextOf = fc.integer({ min: 2, max: 64 })

describe('packing', () => {
  it('fills every row, starts it with BOS, and loses and repeats nothing within an epoch', () => {
    fc.assert(fc.property(lengthsOf, contextOf, fc.nat(), (lengths, context, seed) => {
      const split = splitOf(lengths)
      const source = createRowSource(split, context, bos, { kind: 'train', seed })
      const seen: number[] = []
      const out = new Int32Array(context + 1)
      while (seen.length < 2 * split.byteCount) {
        expect(source.next(out)).toBe(true)
        expect(out[0]).toBe(bos)
        for (const token of out) if (token !== bos) seen.push(token)
      }
      expect(source.epoch).toBeGreaterThanOrEqual(1)
      for (const epoch of [seen.slice(0, split.byteCount), seen.slice(split.byteCount, 2 * split.byteCount)]) {
        expect(new Set(epoch).size).toBe(split.byteCount)
      }
    }))
  })

  it('keeps text in order inside a piece: a token follows its neighbour or a BOS', () => {
    fc.assert(fc.property(lengthsOf, contextOf, (lengths, context) => {
      const source = createRowSource(splitOf(lengths), context, bos, { kind: 'train', seed: 1 })
      for (const row of rows(source, context, 20)) {
        row.forEach((token, i) => {
          if (token !== bos && row[i - 1] !== bos) expect(token).toBe(row[i - 1] + 1)
        })
      }
    }))
  })

  it('takes the longest that fits, and crops the shortest when none does', () => {
    const source = createRowSource(splitOf([3, 6, 4, 2]), 9, bos, { kind: 'evaluation', maxTokens: 1000 })
    // lengths with BOS 4, 7, 5, 3 into rows of 10: 7 + 3; then 5 + 4 and no room but for a BOS, with nothing left
    expect(rows(source, 9)).toEqual([[bos, 3, 4, 5, 6, 7, 8, bos, 13, 14]])
    const cropping = createRowSource(splitOf([6, 5, 7]), 9, bos, { kind: 'evaluation', maxTokens: 1000 })
    expect(rows(cropping, 9)[0]).toEqual([bos, 11, 12, 13, 14, 15, 16, 17, bos, 6])
  })

  it('is decided by the seed, and differs between seeds and epochs', () => {
    const split = splitOf(Array.from({ length: 300 }, (_, i) => 5 + (i % 30)))
    const draw = (seed: number): number[][] => rows(createRowSource(split, 32, bos, { kind: 'train', seed }), 32, 400)
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
    expect(draw(1).slice(0, 10)).not.toEqual(draw(1).slice(170, 180))
  })
})

describe('evaluation', () => {
  it('goes through the first documents once, in order, whole but for the last row', () => {
    fc.assert(fc.property(lengthsOf, contextOf, fc.integer({ min: 1, max: 3000 }), (lengths, context, maxTokens) => {
      const split = splitOf(lengths)
      const usable = Math.min(split.tokens.length, maxTokens)
      if (usable <= context) return
      const found = rows(createRowSource(split, context, bos, { kind: 'evaluation', maxTokens }), context)
      expect(found.length).toBeLessThanOrEqual(Math.floor(maxTokens / context))
      expect(found.length).toBeGreaterThanOrEqual(Math.min(Math.floor(maxTokens / context), 1))
      const seen = found.flat().filter((token) => token !== bos)
      expect(new Set(seen).size).toBe(seen.length)
      // less than a row is left over, unless the limit on rows was reached
      const held = textHeld(split, maxTokens)
      if (found.length < Math.floor(maxTokens / context)) expect(held - seen.length).toBeLessThanOrEqual(context)
      for (const token of seen) expect(token).toBeLessThan(held)
    }))
  })

  it('gives the same rows each time', () => {
    const split = splitOf([50, 20, 70, 9, 33])
    const draw = (): number[][] => rows(createRowSource(split, 16, bos, { kind: 'evaluation', maxTokens: 160 }), 16)
    expect(draw()).toEqual(draw())
    expect(draw()).toHaveLength(10)
  })

  it('refuses a split that cannot fill a row', () => {
    const order = { kind: 'evaluation', maxTokens: 1000 } as const
    expect(() => createRowSource(splitOf([5]), 8, bos, order)).toThrow('do not fill one row')
    expect(() => createRowSource(splitOf([]), 8, bos, { kind: 'train', seed: 1 })).toThrow('do not fill')
    expect(rows(createRowSource(splitOf([8]), 8, bos, order), 8)).toHaveLength(1)
    expect(rows(createRowSource(splitOf([3]), 64, bos, { kind: 'train', seed: 1 }), 64, 3)).toHaveLength(3)
  })
})
