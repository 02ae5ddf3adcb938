import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LabError } from '../core/errors'
import { checkText, splitText } from './documents'
import { splitDocuments } from './splits'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const join = (parts: Uint8Array[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]))

function codeOf(act: () => void): string {
  try {
    act()
  } catch (error) {
    return error instanceof LabError ? error.code : String(error)
  }
  return 'nothing thrown'
}

describe('splitText', () => {
  it('keeps every byte and bounds the length of a document', () => {
    const piece = fc.constantFrom('\n', '\n\n', '\r\n\r\n', ' ', 'é', '🦉', 'A line of words.\n', 'x'.repeat(900))
    fc.assert(fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      const bytes = bytesOf(pieces.join(''))
      const documents = splitText(bytes)
      expect(join(documents)).toEqual(bytes)
      for (const document of documents) {
        expect(document.length).toBeLessThanOrEqual(2000)
        expect(document.length).toBeGreaterThan(0)
        expect(() => new TextDecoder('utf-8', { fatal: true }).decode(document)).not.toThrow()
      }
    }), { numRuns: 60 })
  })

  it('keeps every byte of what is not UTF-8, too', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 6000 }), (bytes) => {
      expect(join(splitText(bytes))).toEqual(bytes)
    }), { numRuns: 30 })
    expect(join(splitText(new Uint8Array(5000).fill(0x80)))).toHaveLength(5000)
  })

  it('groups short blocks to about a kilobyte and cuts at blank lines', () => {
    const block = 'NAME:\nSome words are said here,\nand some more.\n\n'
    const documents = splitText(bytesOf(block.repeat(400)))
    for (const document of documents.slice(0, -1)) {
      expect(document.length).toBeGreaterThanOrEqual(1000)
      expect(document.length % block.length).toBe(0)
    }
  })

  it('takes <|endoftext|> for a boundary', () => {
    const texts = splitText(bytesOf('One.\n<|endoftext|>\nTwo.\n\nStill two.\n<|endoftext|>\n'))
    expect(texts.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['One.', 'Two.\n\nStill two.'])
  })
})

describe('checkText', () => {
  it('names what is wrong with a file', () => {
    expect(codeOf(() => checkText(bytesOf(' \n\t'), 'a.txt'))).toBe('data.empty')
    expect(codeOf(() => checkText(new Uint8Array(0), 'a.txt'))).toBe('data.empty')
    expect(codeOf(() => checkText(bytesOf('abc\0def'), 'a.txt'))).toBe('data.binary')
    expect(codeOf(() => checkText(Uint8Array.from([0x1f, 0x8b, 8, 1, 2]), 'a.gz'))).toBe('data.binary')
    const latin1 = Uint8Array.from('voilà l’été '.repeat(50), (char) => char.charCodeAt(0) & 255)
    expect(codeOf(() => checkText(latin1, 'a.txt'))).toBe('data.binary')
  })

  it('lets text pass, with a stray byte as well', () => {
    const text = bytesOf('Ein Satz über Eulen 🦉.\n'.repeat(100))
    checkText(text, 'a.txt')
    text[50] = 0xff
    checkText(text, 'a.txt')
  })
})

describe('splitDocuments', () => {
  const documents = Array.from({ length: 4000 }, (_, i) => ({ bytes: bytesOf(`document ${i}`), bits: i }))

  it('is a partition in the stated shares, the same for the same seed', async () => {
    const splits = await splitDocuments(documents, { seed: 4 })
    const again = await splitDocuments(documents, { seed: 4 })
    const other = await splitDocuments(documents, { seed: 5 })
    const all = [splits.train, splits.val, splits.hidden].flatMap((split) => split.documents)
    expect(new Set(all)).toEqual(new Set(documents.map(({ bytes }) => bytes)))
    expect(all).toHaveLength(documents.length)
    expect(splits.val.documents.length / 4000).toBeCloseTo(0.05, 1)
    expect(Math.abs(splits.hidden.documents.length / 4000 - 0.05)).toBeLessThan(0.015)
    expect(again).toEqual(splits)
    expect(other.val.sha256).not.toBe(splits.val.sha256)
    const bits = (splits.train.bits ?? 0) + (splits.val.bits ?? 0) + (splits.hidden.bits ?? 0)
    expect(bits).toBe((4000 * 3999) / 2)
  })

  it('never puts equal documents on two sides, and adding documents moves none', async () => {
    const twice = await splitDocuments([...documents, ...documents], { seed: 1 })
    const once = await splitDocuments(documents, { seed: 1 })
    expect(twice.val.documents).toHaveLength(2 * once.val.documents.length)
    const fewer = await splitDocuments(documents.slice(0, 2000), { seed: 1 })
    for (const document of fewer.val.documents) expect(once.val.documents).toContain(document)
  })

  it('fills every split of a tiny corpus, or says that it cannot', async () => {
    for (let seed = 0; seed < 300; seed++) {
      for (const n of [3, 4, 7]) {
        const splits = await splitDocuments(documents.slice(0, n), { seed })
        for (const split of Object.values(splits)) expect(split.documents.length).toBeGreaterThan(0)
      }
      const pair = await splitDocuments(documents.slice(0, 1), { seed, validation: documents.slice(1, 3) })
      expect([pair.train, pair.val, pair.hidden].map((split) => split.documents.length)).toEqual([1, 1, 1])
    }
    await expect(splitDocuments(documents.slice(0, 2))).rejects.toMatchObject({ code: 'data.empty' })
    const same = Array(9).fill(documents[0])
    await expect(splitDocuments(same)).rejects.toMatchObject({ code: 'data.empty' })
  })

  it('takes validation and hidden from a second file where there is one', async () => {
    const splits = await splitDocuments(documents.slice(0, 100), { validation: documents.slice(100, 200) })
    expect(splits.train.documents).toEqual(documents.slice(0, 100).map(({ bytes }) => bytes))
    expect(splits.val.documents.length + splits.hidden.documents.length).toBe(100)
    expect(splits.val.documents.length).toBeGreaterThan(30)
  })
})
