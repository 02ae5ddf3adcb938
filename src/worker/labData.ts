// Text into tokens, off the lab's own thread: training a tokenizer takes seconds, and Pause must not wait for it.

import { createTokenizer } from '../data/tokenizer'
import type { DatasetSource, TokenData, Tokenizer, TokenizerJson, TokenizerSpec } from '../data/types'
import type { StatusBoard } from './labStatus'

/** What the data worker gives back; plain data. */
export interface PreparedJson {
  data: TokenData
  tokenizer: TokenizerJson
  floorBpb: number | null
}

export type PrepareProgress =
  | { kind: 'activity'; activity: 'preparing data' | 'training tokenizer'; done: number }
  | { kind: 'download'; name: string; received: number; total: number | null }

/** Loads and tokenises a source; in the browser in a worker that ends with the job. */
export type Prepare = (
  source: DatasetSource,
  spec: TokenizerSpec,
  onProgress: (progress: PrepareProgress) => void,
) => Promise<PreparedJson>

export interface Prepared {
  /** a copy for the trainer, which takes it over */
  copy(): TokenData
  tokenizer: Tokenizer
  floorBpb: number | null
}

/** Remembers the last prepared data: the trainer may need another copy after it was ended. */
export function createDataDesk(prepare: Prepare, board: StatusBoard) {
  let held: { key: string; prepared: Promise<Prepared> } | null = null

  const load = async (source: DatasetSource, spec: TokenizerSpec): Promise<Prepared> => {
    board.set({ activity: 'preparing data', progress: 0 }, true)
    const { data, tokenizer, floorBpb } = await prepare(source, spec, (progress) => {
      if (progress.kind === 'download') board.tell(progress)
      else board.set({ activity: progress.activity, progress: progress.done })
    })
    return { copy: () => structuredClone(data), tokenizer: await createTokenizer(tokenizer), floorBpb }
  }

  /** @throws LabError data.* and store.quota, as loadCorpus and prepareData; a failure is not remembered */
  return function get(source: DatasetSource, spec: TokenizerSpec): Promise<Prepared> {
    const key = JSON.stringify([source, spec])
    if (held?.key !== key) {
      const prepared = load(source, spec)
      const entry = { key, prepared }
      held = entry
      prepared.catch(() => {
        if (held === entry) held = null
      })
    }
    return held.prepared
  }
}
