// What the lab asks of a researcher beyond "propose something", and why: written on every row that it shaped.

export type Mode = 'explore' | 'exploit' | 'combine' | 'ablate'

export type OrderKind =
  /** three discards in a row: say in writing what they teach, before the next run */
  | 'review'
  /** five discards: go on from another program than the best one */
  | 'fork'
  /** eight runs without a new best: from the baseline, with one core assumption turned round */
  | 'invert'
  /** three crashes: the last keep, at half the size */
  | 'shrink'
  /** a category had three in a row: choose another */
  | 'quota'
  /** the program is, or almost is, one that was tried */
  | 'novelty'
  /** stuck: an idea from the deck, or from a paper that the person gave */
  | 'idea'
  /** near misses put together */
  | 'combine'
  /** one kept change taken out again, to see whether it still helps */
  | 'ablate'
  /** the person's own words, read once */
  | 'note'

export interface Order {
  kind: OrderKind
  /** one sentence for the person and the model */
  text: string
}

export interface Guidance {
  mode: Mode
  /** one sentence: what in the record led to this mode */
  reason: string
  orders: Order[]
}

export type EndKind = 'CONVERGED' | 'PLATEAU' | 'CEILING' | 'BLOCKED'

/** Why a lab ended, with the figures that say so. */
export interface EndState {
  /** null: a budget was used up while there were still gains */
  kind: EndKind | null
  /** what was met: the budget, the target, or neither */
  by: 'experiments' | 'minutes' | 'tokens' | 'usd' | 'target' | 'evidence'
  evidence: string
}

/** When a lab ends by itself; null is never. Experiments are `maxExperiments` of the lab. */
export interface EndRules {
  minutes: number | null
  /** of language models */
  tokens: number | null
  usd: number | null
  targetBpb: number | null
}
