// From a source to a corpus: get the text, check it, cut it into documents, split it.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { ByteCache } from './byteCache'
import { checkText, splitText } from './documents'
import { download, hashError, nameOf } from './download'
import type { Transfer } from './download'
import { generateCorpus } from './grammar'
import { jsonLines, parquetDocuments } from './records'
import { joinDocuments, splitDocuments } from './splits'
import type { WeighedDocument } from './splits'
import type { Corpus, DatasetSource, TokenData, TokenizerJson, TokenizerSpec } from './types'
import { tokenizeSplit, trainTokenizer } from './tokenizer'

/** text fetched from an address when the source does not say how much */
const defaultMaxBytes = 8 << 20

type UrlSource = Extract<DatasetSource, { kind: 'url' }>

/**
 * Gets a source's text and splits it by document.
 * @param transfer the cache, and how to fetch, report and cancel
 * @throws LabError data.empty, data.binary, data.fetch, data.cors, data.partial, data.hash, data.format, store.quota;
 * the signal's reason when it was aborted
 */
export async function loadCorpus(source: DatasetSource, transfer: Transfer): Promise<Corpus> {
  const name = corpusName(source)
  if (source.kind === 'grammar') {
    const { documents, bits } = generateCorpus(source)
    const splits = await splitDocuments(documents.map((bytes, i) => ({ bytes, bits: bits[i] })))
    return { name, splits, floorBpb: (splits.val.bits ?? NaN) / splits.val.byteCount }
  }
  const documents = source.kind === 'text' ? await givenText(source, transfer.cache) : await fetched(source, transfer)
  const { validation } = source
  const held = !validation ? undefined
    : 'url' in validation ? await fetched({ ...(source as UrlSource), sha256: undefined, ...validation }, transfer)
    : await givenText(validation, transfer.cache)
  return { name, splits: await splitDocuments(documents.map(weigh), { validation: held?.map(weigh) }), floorBpb: null }
}

const weigh = (bytes: Uint8Array): WeighedDocument => ({ bytes })

/** What to call a source on the page. */
export function corpusName(source: DatasetSource): string {
  if (source.kind === 'grammar') return `Built-in stories, seed ${source.seed}`
  return source.kind === 'text' ? source.name : nameOf(source.url)
}

const textKey = (hash: string): string => `text-${hash}`

/**
 * Checks a file that a person gave and keeps its bytes in the cache under their hash.
 * @throws LabError data.empty, data.binary, store.quota
 */
export async function importText(
  name: string,
  bytes: Uint8Array,
  cache: ByteCache,
): Promise<Extract<DatasetSource, { kind: 'text' }>> {
  checkText(bytes, name)
  const hash = await sha256(bytes)
  await cache.put(textKey(hash), bytes)
  return { kind: 'text', name, sha256: hash }
}

/** Whether the cache has every text that a person would have to give. */
export async function hasTexts(source: DatasetSource, cache: ByteCache): Promise<boolean> {
  const wanted = source.kind === 'text' ? [source, source.validation].flatMap((text) => text?.sha256 ?? []) : []
  for (const hash of wanted) if ((await cache.length(textKey(hash))) === 0) return false
  return true
}

async function givenText({ name, sha256: hash }: { name: string; sha256: string }, cache: ByteCache) {
  const bytes = await cache.get(textKey(hash))
  if (!bytes) {
    throw new LabError('data.partial', `The text of ${name} is no longer stored in this browser.`, {
      hint: 'Give the same file again: it is recognised by its content.',
      data: { sha256: hash },
    })
  }
  const actual = await sha256(bytes)
  if (actual !== hash) {
    await cache.delete(textKey(hash))
    throw hashError(name, hash, actual)
  }
  return splitText(bytes)
}

async function fetched(source: UrlSource, transfer: Transfer): Promise<Uint8Array[]> {
  const { url, format, field = 'text', maxBytes = defaultMaxBytes } = source
  const name = nameOf(url)
  if (format === 'parquet') {
    const documents = (await parquetDocuments(url, field, maxBytes, transfer)).filter(({ length }) => length > 0)
    const byteCount = documents.reduce((sum, { length }) => sum + length, 0)
    const actual = source.sha256 ? await sha256(joinDocuments(documents, byteCount)) : undefined
    if (source.sha256 && actual && actual !== source.sha256.toLowerCase()) throw hashError(name, source.sha256, actual)
    return documents
  }
  const { bytes, truncated } = await download(url, { maxBytes, sha256: source.sha256 }, transfer)
  checkText(bytes, name)
  if (format === 'jsonl') return jsonLines(bytes, field, truncated, name)
  // a cut file ends at a line, so that no character is cut
  return splitText(truncated ? bytes.subarray(0, bytes.lastIndexOf(10) + 1 || bytes.length) : bytes)
}

/**
 * Trains the tokenizer on the training split and encodes all three: everything the trainer needs of the data.
 * Pure, so that a worker can run it; every buffer of `data` is fresh and may be transferred.
 * @param onProgress called with what is being done, and 0 … 1
 * @throws LabError data.format for a vocabulary out of range
 */
export async function prepareData(
  corpus: Corpus,
  spec: TokenizerSpec,
  onProgress?: (activity: 'training tokenizer' | 'preparing data', done: number) => void,
): Promise<{ data: TokenData; tokenizer: TokenizerJson }> {
  const { train, val, hidden } = corpus.splits
  const tokenizer = await trainTokenizer(spec, train, (done) => onProgress?.('training tokenizer', done))
  const { vocab, bos, tokenBytes } = tokenizer
  const data: TokenData = {
    vocab,
    bos,
    tokenBytes,
    tokenizer: tokenizer.sha256,
    train: tokenizeSplit(train, tokenizer, (done) => onProgress?.('preparing data', done)),
    val: tokenizeSplit(val, tokenizer),
    hidden: tokenizeSplit(hidden, tokenizer),
  }
  return { data, tokenizer: tokenizer.toJSON() }
}
