import { describe, expect, it } from 'vitest'
import { generateCorpus, readStory } from './grammar'
import { table } from './grammarDraw'
import { goods, numberWord, places, weekdays } from './grammarWords'

const corpus = generateCorpus({ seed: 7, bytes: 600_000 })
const texts = corpus.documents.map((bytes) => new TextDecoder().decode(bytes))

describe('the built-in corpus', () => {
  it('gives back every draw: a reader recovers exactly the bits that the writer spent', () => {
    texts.forEach((text, i) => {
      const { bits, draws } = readStory(text)
      expect(bits).toBe(corpus.bits[i])
      expect(draws).toBeGreaterThan(20)
    })
    const total = corpus.bits.reduce((sum, bits) => sum + bits, 0)
    expect(corpus.floorBpb).toBeCloseTo(total / corpus.byteCount, 12)
  })

  it('uses every word of the vocabulary, so that the reader has met each option', () => {
    const all = generateCorpus({ seed: 3, bytes: 1_500_000 }).documents.map((b) => new TextDecoder().decode(b)).join('')
    for (const [one, many] of goods) expect(all.includes(` ${one} `) || all.includes(` ${many} `), one).toBe(true)
    for (const place of places.surfaces) expect(all, place).toContain(`the ${place}`)
  })

  it('is a function of the seed, and more bytes only add documents', () => {
    const again = generateCorpus({ seed: 7, bytes: 50_000 })
    again.documents.forEach((document, i) => expect(document).toEqual(corpus.documents[i]))
    const other = generateCorpus({ seed: 8, bytes: 5_000 })
    expect(other.documents[0]).not.toEqual(corpus.documents[0])
  })

  it('draws with the stated probabilities', () => {
    const openings = ['Once upon a time', 'Long ago', 'This happened', 'There was trouble', 'All the clocks',
      'My grandmother', 'Nobody remembers']
    const { weights, total } = table(openings)
    const stories = generateCorpus({ seed: 5, bytes: 2_000_000 }).documents
    const heads = stories.map((bytes) => new TextDecoder().decode(bytes.subarray(0, 20)))
    let chiSquare = 0
    openings.forEach((opening, i) => {
      const expected = (stories.length * weights[i]) / total
      chiSquare += (heads.filter((head) => head.startsWith(opening)).length - expected) ** 2 / expected
    })
    expect(chiSquare).toBeLessThan(22.5) // 6 degrees of freedom: exceeded once in a thousand
  })

  it('keeps its facts straight', () => {
    const number = new Map(Array.from({ length: 1000 }, (_, n) => [numberWord(n), n]))
    let sums = 0
    let days = 0
    for (const text of texts) {
      for (const [, a, op, b, answer] of text.matchAll(/"what is ([a-z-]+) (and|times) ([a-z-]+)\?" "([^,]+),"/g)) {
        const [x, y] = [number.get(a) ?? NaN, number.get(b) ?? NaN]
        expect(number.get(answer.toLowerCase())).toBe(op === 'and' ? x + y : x * y)
        sums++
      }
      let today = ''
      for (const [whole, , day] of text.matchAll(/(It was a |, on |"what day is it\?" ")([A-Z][a-z]+day)/g)) {
        if (whole.startsWith('"')) expect(day).toBe(today)
        today = day
        expect(weekdays).toContain(day)
        days++
      }
      const formal = new Map<string, string>()
      for (const [, name, surname] of text.matchAll(/([A-Z][a-z]+) ([A-Z][a-z]+)(?: was an? | lived |, aged )/g)) {
        formal.set(surname, name)
      }
      for (const [, surname] of text.matchAll(/(?:Miss|Mr) ([A-Z][a-z]+)/g)) expect(formal.has(surname)).toBe(true)
    }
    expect(sums).toBeGreaterThan(50)
    expect(days).toBeGreaterThan(500)
  })

  it('refuses what the grammar cannot have written', () => {
    expect(() => readStory(texts[0].replace(/ was /, ' is '))).toThrow(RangeError)
    expect(() => readStory(`${texts[0]}x`)).toThrow(RangeError)
    expect(() => readStory(texts[0].slice(0, -20))).toThrow(RangeError)
    expect(() => readStory('To be, or not to be')).toThrow(RangeError)
  })

  it('is hard: local statistics stay at several times the floor', () => {
    const bytes = corpus.documents.flatMap((document) => [...document])
    const counts = new Map<number, number>()
    const contexts = new Map<number, number>()
    for (let i = 3; i < bytes.length; i++) {
      const context = (bytes[i - 3] << 16) | (bytes[i - 2] << 8) | bytes[i - 1]
      contexts.set(context, (contexts.get(context) ?? 0) + 1)
      counts.set(context * 256 + bytes[i], (counts.get(context * 256 + bytes[i]) ?? 0) + 1)
    }
    let bits = 0
    for (const [key, n] of counts) bits -= n * Math.log2(n / (contexts.get(Math.floor(key / 256)) ?? NaN))
    expect(corpus.floorBpb).toBeGreaterThan(0.25)
    expect(bits / bytes.length).toBeGreaterThan(3 * corpus.floorBpb)
  })

  it('writes 4 MB in well under two seconds', () => {
    const start = process.cpuUsage()
    generateCorpus({ seed: 1, bytes: 1_000_000 })
    expect(process.cpuUsage(start).user).toBeLessThan(2e6) // a quarter of the text: leaves room for a slow machine
  })
})
