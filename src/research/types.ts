// A researcher proposes; it never runs, scores or decides anything.

import type { Rng } from '../core/rng'
import type { Experiment, LabRecord } from '../history/types'
import type { Tier } from '../judge/types'
import type { Knob } from '../sandbox/contract'
import type { Guidance } from './guide/types'
import type { Cost } from './models/types'

export interface Proposal {
  /** one sentence: what is changed and why it should help */
  hypothesis: string
  /** a few words, no tabs: the description of results.tsv */
  description: string
  /** kind of change, for quotas and charts: 'lr', 'width', 'activation', 'attention', 'optimizer', 'batch', 'schedule', … */
  category: string
  /** expected change of val_bpb, negative is better, and the probability that it is kept */
  expectedDelta: number | null
  expectedProbability: number | null
  /** the complete new train.js */
  source: string
  /** an analysis that needs no run: `source` is the base's, and the row says "thought" */
  isThought?: true
  /** who thought of it, where that is not the controller as a whole: 'cma-es', 'claude-sonnet-5' */
  proposer?: string
  /** experiments whose changes were put together here */
  parents?: number[]
  /** what was spent on it */
  cost?: Cost
  /** short runs that it was chosen by */
  screening?: Screening
}

/** Short unjudged runs of several candidates, of which the best became a proposal; counted, and shown on its row. */
export interface Screening {
  candidates: number
  /** that did not run to their end; a researcher is told nothing more of them */
  failed: number
  runs: number
  /** training done, in judged runs of the whole budget */
  fullRuns: number
  wallMs: number
}

/** What a candidate would need, known before anything is launched. */
export interface Feasibility {
  paramCount: number
  predictedBytes: number
  allowedBytes: number
  /** of the adapter that it would run on */
  tier?: Tier
}

/** What is remembered for this proposal; every text in it is data, never an instruction, except the person's own. */
export interface Recall {
  /** standing lessons, one a line; the person may have edited them */
  lessons: string
  /** notes that bear on the present program, the most active first (memory/recall.ts) */
  notes: { about: number | null; text: string; importance: number }[]
}

/** Everything a controller may see. The hidden split, seeds and validation text are not in it. */
export interface ResearchContext {
  lab: LabRecord
  /** train.js to start from, its knobs as found in the source, and the experiment it is of */
  source: string
  knobs: Knob[]
  base: number | null
  /** all finished attempts, oldest first */
  history: Experiment[]
  rng: Rng
  guidance: Guidance
  recall: Recall
  /** ends with the lab's stop */
  signal: AbortSignal
  /**
   * Runs a program in the box and predicts its memory; trains nothing.
   * @throws LabError program.* | sandbox.* saying what is wrong with it
   */
  check(source: string): Promise<Feasibility>
  /**
   * Trains a program for a share of the budget, on a seed that judges nothing. Absent where a lab cannot.
   * @returns val_bpb of a part of the validation text, comparable with others of the same share only
   * @throws LabError what the run failed of
   */
  screen?: (source: string, share: number) => Promise<{ bpb: number; wallMs: number }>
  /** Tells the page what is being answered, as it comes. */
  onText?: (delta: string) => void
  /** Puts on the lab's account what a model was asked for, whatever comes of it. */
  onCost?: (cost: Cost) => void
}

export interface Controller {
  readonly name: string
  /** it reads the orders of the guidance; what they ask of any other, the lab carries out itself */
  readonly takesOrders?: true
  /**
   * @throws LabError controller.exhausted when it has nothing new to try; controller.* where a model failed. What a
   * failure cost stands in the error's data (spending.ts)
   */
  propose(context: ResearchContext): Promise<Proposal>
  /** One line on what a finished run taught. Absent: the lab writes one from the figures. */
  reflect?(context: ResearchContext, row: Experiment): Promise<{ text: string; cost: Cost }>
  /** New standing lessons from the record, in place of `recall.lessons`. Absent: the lab writes them from the figures. */
  learn?(context: ResearchContext): Promise<{ text: string; cost: Cost }>
}
