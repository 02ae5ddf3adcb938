// What data is to the rest of the lab.

/** How to get text: built in, given by the person, or fetched. Part of task.json, so plain data. */
export type DatasetSource =
  | { kind: 'grammar'; seed: number; bytes: number }
  // a file the person gave; its bytes are in the cache under that hash
  | { kind: 'text'; name: string; sha256: string; validation?: { name: string; sha256: string } }
  | {
      kind: 'url'
      url: string
      format: 'text' | 'jsonl' | 'parquet'
      /** column or key that holds the text; default 'text' */
      field?: string
      /** of the bytes fetched (text, jsonl) or of the documents joined by a zero byte (parquet) */
      sha256?: string
      /** stop after so many bytes of text; default 8 MiB */
      maxBytes?: number
      /** val and hidden come from here, and the whole of `url` is train */
      validation?: { url: string; sha256?: string; maxBytes?: number }
    }

export type TokenizerSpec = { kind: 'bytes' } | { kind: 'bpe'; vocab: number }

export type SplitName = 'train' | 'val' | 'hidden'

/** Text as documents, split by document; `sha256` is over the documents' bytes joined by a zero byte. */
export interface Split {
  documents: Uint8Array[]
  byteCount: number
  sha256: string
  /** exact information content, where it is known: its floor is bits / byteCount */
  bits?: number
}

export interface Corpus {
  name: string
  splits: Record<SplitName, Split>
  /** exact information content of the validation split in bits per byte, where it is known (the built-in grammar) */
  floorBpb: number | null
}

/** Ids 0 … vocab-5 carry bytes; the last four are specials, the first of which is BOS. */
export interface Tokenizer {
  kind: TokenizerSpec['kind']
  /** a multiple of 4 */
  vocab: number
  bos: number
  /** raw byte length of each token; 0 for specials */
  tokenBytes: Uint16Array
  sha256: string
  encode(bytes: Uint8Array): Uint16Array
  decode(tokens: ArrayLike<number>): Uint8Array
  /** everything needed to rebuild it: structured-cloneable, JSON-safe */
  toJSON(): TokenizerJson
}

export interface TokenizerJson {
  kind: TokenizerSpec['kind']
  /** byte-pair merges in rank order, as pairs of earlier ids; empty for bytes */
  merges: [number, number][]
}

/** A split as tokens: documents back to back, each starting with BOS. Transferable. */
export interface TokenSplit {
  tokens: Uint16Array
  /** start of each document in `tokens`, plus the end */
  offsets: Uint32Array
  byteCount: number
  sha256: string
}

/** All that the trainer needs of the data: plain typed arrays. */
export interface TokenData {
  vocab: number
  bos: number
  tokenBytes: Uint16Array
  /** SHA-256 that names the vocabulary */
  tokenizer: string
  train: TokenSplit
  val: TokenSplit
  hidden: TokenSplit
}

/** Endless (train) or finite (evaluation) rows of context+1 tokens, best-fit packed, each starting with BOS. */
export interface RowSource {
  /** Writes the next row into `out` (length context+1); false when a finite source is exhausted. */
  next(out: Int32Array): boolean
  /** how many times the documents have been gone through */
  readonly epoch: number
}
