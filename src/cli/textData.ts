// The command line's data: files and addresses into a source, a source into tokens.

import { promises as fs } from 'node:fs'
import { basename, join } from 'node:path'
import { LabError } from '../core/errors'
import { importText, loadCorpus, prepareData } from '../data/corpus'
import { nodeByteCache } from '../data/nodeCache'
import { DATASET_PRESETS } from '../data/presets'
import type { DatasetSource, TokenizerSpec } from '../data/types'
import type { PreparedData } from './headless'
import type { Report } from './report'

/**
 * The source of `--data` and `--val`: files are copied into the lab's cache, so that it can go on without them;
 * null is the built-in text.
 * @param folder the lab's folder
 * @throws LabError data.fetch when a file cannot be read, data.empty, data.binary, import.invalid
 */
export async function textSource(folder: string, data: string | null, val: string | null): Promise<DatasetSource> {
  if (data === null) return DATASET_PRESETS[0].source
  if (isAddress(data)) {
    if (val !== null && !isAddress(val)) throw mixed()
    return { kind: 'url', url: data, format: formatOf(data), ...(val === null ? {} : { validation: { url: val } }) }
  }
  if (val !== null && isAddress(val)) throw mixed()
  const source = await given(folder, data)
  if (val === null) return source
  const { name, sha256 } = await given(folder, val)
  return { ...source, validation: { name, sha256 } }
}

/** Loads, splits and tokenises a source, telling how far it is. */
export async function textData(
  folder: string,
  source: DatasetSource,
  tokenizer: TokenizerSpec,
  report: Report,
): Promise<PreparedData> {
  const corpus = await loadCorpus(source, { cache: cacheOf(folder) })
  const { train, val, hidden } = corpus.splits
  const count = (bytes: number) => bytes.toLocaleString('en')
  report.say(
    `Data: ${corpus.name}, ${count(train.byteCount)} bytes to train on, ${count(val.byteCount)} to validate, ` +
      `${count(hidden.byteCount)} hidden`,
  )
  const { data } = await prepareData(corpus, tokenizer)
  return { floorBpb: corpus.floorBpb, tokens: async () => structuredClone(data) }
}

function cacheOf(folder: string) {
  return nodeByteCache(join(folder, '.assay', 'data'))
}

async function given(folder: string, file: string) {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await fs.readFile(file))
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause)
    throw new LabError('data.fetch', `${file} cannot be read: ${why}.`, { hint: 'Check the path.', cause })
  }
  return importText(basename(file), bytes, cacheOf(folder))
}

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

function formatOf(url: string): 'text' | 'jsonl' | 'parquet' {
  const path = new URL(url).pathname.toLowerCase()
  if (path.endsWith('.parquet')) return 'parquet'
  return /\.(jsonl|ndjson)$/.test(path) ? 'jsonl' : 'text'
}

function mixed(): LabError {
  return new LabError('import.invalid', '--data and --val must both be files, or both addresses.', {
    hint: 'Download the one that is an address, and name the file.',
  })
}
