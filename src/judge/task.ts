// task.json: what is measured, on what, and for how long. Frozen once the first experiment has run.

import type { DatasetSource, TokenizerSpec } from '../data/types'

/** `seconds` counts training time only: compile, warm-up and evaluation are free. */
export interface Budget {
  kind: 'seconds' | 'tokens'
  amount: number
}

/**
 * How a candidate is judged.
 * measured: paired seeds; beats the incumbent by more than the measured noise, or it is discarded.
 * plain: Karpathy's rule, strictly lower on one seed. Kept for teaching what goes wrong.
 */
export interface KeepRuleSpec {
  kind: 'measured' | 'plain'
  /** baseline repeats that measure σ (measured only), >= 2 */
  repeats: number
  /** a keep must gain at least this many bits per byte, whatever σ is */
  floorBpb: number
  /** most of all runs that may be repeats, those that measure σ at the start aside; 0.5 when absent */
  repeatShare?: number
}

export interface Guards {
  /** wall-clock limit of one run, everything included */
  maxWallSeconds: number
  maxBytes: number
  /** a program that trains fewer tokens a second ends as a timeout; absent: any speed will do */
  minTokensPerSecond?: number
}

export interface Task {
  version: 1
  name: string
  dataset: DatasetSource
  tokenizer: TokenizerSpec
  metric: 'val_bpb'
  direction: 'min'
  budget: Budget
  /** fixed whatever the program's batch: rows of `context`, `tokens` of them in all */
  evaluation: { context: number; tokens: number }
  keepRule: KeepRuleSpec
  guards: Guards
  /** the judge's; never visible to the program */
  seed: number
}
