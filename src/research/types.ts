// A researcher proposes; it never runs, scores or decides anything.

import type { Experiment, LabRecord } from '../history/types'
import type { Knob } from '../sandbox/contract'
import type { Rng } from '../core/rng'

export interface Proposal {
  /** one sentence: what is changed and why it should help */
  hypothesis: string
  /** a few words, no tabs: the description of results.tsv */
  description: string
  /** kind of change, for quotas and charts: 'lr', 'width', 'activation', 'attention', 'optimizer', 'batch', 'schedule', … */
  category: string
  expectedDelta: number | null
  expectedProbability: number | null
  /** the complete new train.js */
  source: string
}

/** Everything a controller may see. The hidden split, seeds and validation text are not in it. */
export interface ResearchContext {
  lab: LabRecord
  /** train.js of the incumbent, and its knobs as found in the source */
  source: string
  knobs: Knob[]
  /** all finished attempts, oldest first */
  history: Experiment[]
  rng: Rng
}

export interface Controller {
  readonly name: string
  /** @throws LabError controller.exhausted when it has nothing new to try */
  propose(context: ResearchContext): Promise<Proposal>
}
