// From the bytes of a text file to documents, and the check that it is text at all.

import { LabError } from '../core/errors'

/** a document is closed once it has this many bytes … */
const targetBytes = 1000
/** … and never gets more than this many */
const maxBytes = 2000
/** what some corpora put between documents; the begin-of-document token says the same, so it is dropped */
const separator = new TextEncoder().encode('<|endoftext|>')
const newline = 10
const space = 32

/**
 * Cuts text into documents: blocks between blank lines, grouped to 1,000 – 2,000 bytes; a longer block is cut after
 * a line, else after a space, else between characters. Joined, the documents give the text back byte for byte, except
 * where it holds `<|endoftext|>` lines: then documents are what stands between them.
 */
export function splitText(bytes: Uint8Array): Uint8Array[] {
  const parts = splitAt(bytes, separator)
  if (parts.length > 1) return parts.map(trim).filter((part) => part.length > 0)
  const documents: Uint8Array[] = []
  let start = 0
  while (start < bytes.length) {
    const end = documentEnd(bytes, start)
    documents.push(bytes.subarray(start, end))
    start = end
  }
  return documents
}

function documentEnd(bytes: Uint8Array, start: number): number {
  const limit = Math.min(bytes.length, start + maxBytes)
  let block = -1
  let line = -1
  let gap = -1
  for (let i = start; i < limit; i++) {
    if (bytes[i] === newline) {
      line = i + 1
      if (endsBlankLine(bytes, i)) {
        block = i + 1
        // further blank lines belong to the block before them
        const more = bytes[block] === newline || bytes[block] === 13
        if (block - start >= targetBytes && !more) return block
      }
    } else if (bytes[i] === space) gap = i + 1
  }
  if (limit === bytes.length) return limit
  if (block - start >= maxBytes / 4) return block
  if (line > start) return line
  if (gap > start) return gap
  let end = limit
  while (end > limit - 4 && (bytes[end] & 0xc0) === 0x80) end--
  return (bytes[end] & 0xc0) === 0x80 ? limit : end
}

const endsBlankLine = (bytes: Uint8Array, i: number): boolean =>
  i >= 1 && (bytes[i - 1] === newline || (bytes[i - 1] === 13 && i >= 2 && bytes[i - 2] === newline))

function splitAt(bytes: Uint8Array, mark: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  for (let i = bytes.indexOf(mark[0]); i >= 0; i = bytes.indexOf(mark[0], i + 1)) {
    if (!mark.every((byte, j) => bytes[i + j] === byte)) continue
    parts.push(bytes.subarray(start, i))
    start = i + mark.length
  }
  parts.push(bytes.subarray(start))
  return parts
}

function trim(bytes: Uint8Array): Uint8Array {
  let start = 0
  let end = bytes.length
  while (start < end && isSpace(bytes[start])) start++
  while (end > start && isSpace(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}

const isSpace = (byte: number): boolean => byte === space || (byte >= 9 && byte <= 13)

const magics: [number[], string][] = [
  [[0x1f, 0x8b], 'gzip archive'],
  [[0x50, 0x4b, 3, 4], 'zip archive (or an office document)'],
  [[0x25, 0x50, 0x44, 0x46], 'PDF'],
  [[0x50, 0x41, 0x52, 0x31], 'Parquet file'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'Zstandard archive'],
  [[0x89, 0x50, 0x4e, 0x47], 'PNG picture'],
  [[0xff, 0xd8, 0xff], 'JPEG picture'],
  [[0xff, 0xfe], 'text in UTF-16'],
  [[0xfe, 0xff], 'text in UTF-16'],
]

/**
 * Refuses what is not text in UTF-8.
 * @throws LabError data.empty when there is nothing but white space
 * @throws LabError data.binary when there is a NUL byte, or more than 1 % of bytes are not valid UTF-8
 */
export function checkText(bytes: Uint8Array, name: string): void {
  if (trim(bytes).length === 0) {
    throw new LabError('data.empty', `${name} is empty.`, { hint: 'Choose a text file of at least a few kilobytes.' })
  }
  const magic = magics.find(([head]) => head.every((byte, i) => bytes[i] === byte))?.[1]
  const nul = bytes.indexOf(0)
  const invalid = nul < 0 ? invalidBytes(bytes) : 0
  if (nul < 0 && !magic && invalid <= bytes.length / 100) return
  const what = magic ? `is a ${magic}` : nul >= 0 ? `is binary: byte ${nul} is zero` : 'is not text in UTF-8'
  const hint = magic?.startsWith('text') || (!magic && nul < 0)
    ? 'Open it in a text editor and save it again with the encoding UTF-8.'
    : magic === 'Parquet file'
      ? 'Give its address as a Parquet source, or export its text column to a .txt file.'
      : 'Unpack or export it to plain text (.txt, UTF-8) and choose that file.'
  throw new LabError('data.binary', `${name} ${what}.`, { hint, data: { name, invalidBytes: invalid } })
}

/** How many bytes of a sample (the first MB) belong to no valid UTF-8 character. */
function invalidBytes(bytes: Uint8Array): number {
  const sample = bytes.subarray(0, 1 << 20)
  let invalid = 0
  for (let i = 0; i < sample.length; ) {
    const length = utf8Length(sample, i)
    if (length === 0) {
      if (i < sample.length - 3 || sample.length === bytes.length) invalid++
      i++
    } else i += length
  }
  return invalid
}

/** Length of the valid UTF-8 character at `i`, 0 if there is none (overlong forms and surrogates are invalid). */
export function utf8Length(bytes: Uint8Array, i: number): number {
  const b = bytes[i]
  if (b < 0x80) return 1
  const length = b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0
  if (length === 0 || i + length > bytes.length) return 0
  for (let k = 1; k < length; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return 0
  const second = bytes[i + 1]
  if ((b === 0xe0 && second < 0xa0) || (b === 0xed && second > 0x9f)) return 0
  if ((b === 0xf0 && second < 0x90) || (b === 0xf4 && second > 0x8f)) return 0
  return length
}
