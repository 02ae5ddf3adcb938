import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trainMerges } from './bpe'
import { generateCorpus } from './grammar'
import { bytesOf, eachPiece, textOf } from './pretokens'
import { makeSplit } from './splits'
import { createTokenizer, tokenizeSplit, trainTokenizer } from './tokenizer'

const encoder = new TextEncoder()
const stories = await makeSplit(generateCorpus({ seed: 1, bytes: 300_000 }).documents.map((bytes) => ({ bytes })))

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
const pieces = (text: string): string[] => {
  const found: string[] = []
  eachPiece(text, (piece) => found.push(piece))
  return found
}

/** The plainest byte-pair training: count everything anew before each merge. */
function slowMerges(counts: Map<string, number>, wanted: number): [number, number][] {
  let words = [...counts].map(([piece, count]) => ({ ids: [...bytesOf(piece)], count }))
  const merges: [number, number][] = []
  while (merges.length < wanted) {
    const pairs = new Map<number, number>()
    for (const { ids, count } of words) {
      for (let i = 0; i + 1 < ids.length; i++) {
        const pair = ids[i] * 65536 + ids[i + 1]
        pairs.set(pair, (pairs.get(pair) ?? 0) + count)
      }
    }
    const [best] = [...pairs].sort((x, y) => y[1] - x[1] || x[0] - y[0])
    if (!best || best[1] < 2) break
    const [a, b] = [Math.floor(best[0] / 65536), best[0] % 65536]
    const id = 256 + merges.length
    merges.push([a, b])
    words = words.map(({ ids, count }) => {
      const out: number[] = []
      for (let i = 0; i < ids.length; i++) {
        if (ids[i] === a && ids[i + 1] === b) {
          out.push(id)
          i++
        } else out.push(ids[i])
      }
      return { ids: out, count }
    })
  }
  merges.length -= merges.length % 4
  return merges
}

describe('pieces', () => {
  it('cuts like the stated pattern', () => {
    expect(pieces("It's 12345 o'clock,  said\n\nTom.")).toEqual(
      ['It', "'s", ' ', '12', '34', '5', ' o', "'clock", ',', ' ', ' said', '\n\n', 'Tom', '.'])
  })

  it('text stands for any bytes, and pieces for all of the text', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const text = textOf(bytes)
      expect(same(bytesOf(text), bytes)).toBe(true)
      expect(pieces(text).join('')).toBe(text)
    }))
    const long = 'a'.repeat(1000) + ' '.repeat(1000) + '🦉'.repeat(300)
    expect(pieces(long).join('')).toBe(long)
    for (const piece of pieces(long)) expect(bytesOf(piece).length).toBeLessThanOrEqual(256)
  })
})

describe('training', () => {
  it('finds the merges that counting anew each time finds', () => {
    const word = fc.stringMatching(/^[ab]{1,9}c?$/)
    const list = fc.uniqueArray(fc.tuple(word, fc.integer({ min: 1, max: 9 })), { maxLength: 12, selector: ([w]) => w })
    fc.assert(fc.property(list, (entries) => {
      const counts = new Map(entries)
      expect(trainMerges(counts, 300)).toEqual(slowMerges(counts, 40))
    }))
  })

  it('gives the vocabulary asked for, in multiples of 4', async () => {
    for (const vocab of [256, 260, 264, 512]) {
      const tokenizer = await trainTokenizer({ kind: 'bpe', vocab }, stories)
      expect(tokenizer.vocab).toBe(Math.max(260, vocab))
      expect(tokenizer.bos).toBe(tokenizer.vocab - 4)
    }
    const little = await makeSplit([{ bytes: encoder.encode('ab ab ab') }])
    const tiny = await trainTokenizer({ kind: 'bpe', vocab: 8192 }, little)
    expect(tiny.vocab % 4).toBe(0)
    expect(tiny.vocab).toBeLessThan(300)
    for (const vocab of [255, 258, 8196, 300.5]) {
      await expect(trainTokenizer({ kind: 'bpe', vocab }, stories)).rejects.toMatchObject({ code: 'data.format' })
    }
  })

  it('shortens text, reports progress, and is the same each time', async () => {
    const progress: number[] = []
    const tokenizer = await trainTokenizer({ kind: 'bpe', vocab: 1024 }, stories, (done) => progress.push(done))
    const again = await trainTokenizer({ kind: 'bpe', vocab: 1024 }, stories)
    expect(again.sha256).toBe(tokenizer.sha256)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    const { tokens } = tokenizeSplit(stories, tokenizer)
    expect(tokens.length).toBeLessThan(stories.byteCount / 3)
  })
})

describe('round trip', async () => {
  const bpe = await trainTokenizer({ kind: 'bpe', vocab: 2048 }, stories)
  const bytes = await createTokenizer({ kind: 'bytes', merges: [] })

  it('is exact on any bytes, and the byte lengths of the tokens add up', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 300 }).map((text) => encoder.encode(text))
    const story = fc.nat(stories.documents.length - 1).map((i) => stories.documents[i])
    const mixed = fc.tuple(story, fc.uint8Array({ maxLength: 60 }), anyText)
      .map((parts) => new Uint8Array(parts.flatMap((part) => [...part])))
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 500 }), anyText, mixed), (input) => {
      for (const tokenizer of [bpe, bytes]) {
        const tokens = tokenizer.encode(input)
        expect(same(tokenizer.decode(tokens), input)).toBe(true)
        expect(tokens.reduce((sum, id) => sum + tokenizer.tokenBytes[id], 0)).toBe(input.length)
      }
    }))
    const bom = Uint8Array.of(0xef, 0xbb, 0xbf, 97, 0xed, 0xa0, 0x80, 0xf5, 0)
    expect(bpe.decode(bpe.encode(bom))).toEqual(bom)
  })

  it('survives JSON', async () => {
    const copy = await createTokenizer(JSON.parse(JSON.stringify(bpe)))
    expect(copy.sha256).toBe(bpe.sha256)
    expect(copy.encode(stories.documents[0])).toEqual(bpe.encode(stories.documents[0]))
    await expect(createTokenizer({ kind: 'bpe', merges: [[0, 1], [2, 3], [300, 1], [0, 0]] }))
      .rejects.toMatchObject({ code: 'data.format' })
  })

  it('skips specials and refuses unknown ids', () => {
    expect(bpe.decode([bpe.bos, 104, 105, bpe.vocab - 1])).toEqual(encoder.encode('hi'))
    expect(bpe.tokenBytes.slice(bpe.bos)).toEqual(new Uint16Array(4))
    expect(() => bpe.decode([bpe.vocab])).toThrow('no token')
  })

  it('lays documents out behind one begin token each', () => {
    const split = tokenizeSplit(stories, bpe)
    stories.documents.forEach((document, i) => {
      const tokens = split.tokens.subarray(split.offsets[i], split.offsets[i + 1])
      expect(tokens[0]).toBe(bpe.bos)
      expect(same(bpe.decode(tokens), document)).toBe(true)
    })
  })

  it('does not choke on one long run', () => {
    const start = process.cpuUsage()
    const run = new Uint8Array(2_000_000).fill(97)
    expect(same(bpe.decode(bpe.encode(run)), run)).toBe(true)
    expect(process.cpuUsage(start).user).toBeLessThan(3e6)
  })
})
