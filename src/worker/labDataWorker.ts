// Entry of the worker that loads text and trains tokenizers: started for one job, ended after it.

import { expose, transfer } from 'comlink'
import { loadCorpus, prepareData } from '../data/corpus'
import { openBrowserCache } from '../data/opfsCache'
import type { DatasetSource, TokenizerSpec } from '../data/types'
import { throwJson } from './border'
import type { PreparedJson, PrepareProgress } from './labData'

const REPORT_MS = 100

async function prepare(
  source: DatasetSource,
  spec: TokenizerSpec,
  onProgress: (progress: PrepareProgress) => void,
): Promise<PreparedJson> {
  let last = 0
  const report = (progress: PrepareProgress) => {
    if (performance.now() - last < REPORT_MS) return
    last = performance.now()
    onProgress(progress)
  }
  const corpus = await loadCorpus(source, {
    cache: await openBrowserCache(),
    onProgress: (progress) => report({ kind: 'download', ...progress }),
  })
  const { data, tokenizer } = await prepareData(corpus, spec, (activity, done) =>
    report({ kind: 'activity', activity, done }),
  )
  const splits = [data.train, data.val, data.hidden]
  const arrays = [data.tokenBytes, ...splits.flatMap((split) => [split.tokens, split.offsets])]
  const buffers = [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))]
  return transfer({ data, tokenizer, floorBpb: corpus.floorBpb }, buffers)
}

const api = { prepare }
export type DataWorkerApi = typeof api
expose(throwJson<DataWorkerApi>(api))
