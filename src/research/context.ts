// What a controller may see. The hidden split, the judge's seeds and whatever would give them away stay here.

import { Rng } from '../core/rng'
import type { Experiment, LabRecord } from '../history/types'
import { findKnobs } from '../sandbox/knobs'
import type { ResearchContext } from './types'

/** What the loop adds to the record: how to go on, what is remembered, and ways to ask whether and how well a program would run. */
export type Ways = Pick<ResearchContext, 'base' | 'guidance' | 'recall' | 'signal' | 'check' | 'screen' | 'onText' | 'onCost'>

/**
 * The lab, the program to start from and every finished attempt, without hidden scores, seeds and single runs.
 * @param ask how often this proposal has been asked for before
 */
export function researchContext(lab: LabRecord, rows: readonly Experiment[], source: string, ways: Ways, ask = 0): ResearchContext {
  return {
    ...ways,
    lab: { ...lab, task: { ...lab.task, seed: 0 } },
    source,
    knobs: findKnobs(source),
    history: rows.filter((row) => row.status !== 'running').map(withoutHidden),
    // the same history and seed propose the same again, so a proposal lost in a kill is made anew
    rng: new Rng(lab.controllerSeed, `propose/${lab.nextNumber}${ask > 0 ? `/${ask}` : ''}`),
  }
}

/** That a keep was refused cannot be hidden; by how much it missed can. */
function withoutHidden(row: Experiment): Experiment {
  const { judgement } = row
  const isOverfit = judgement?.flag === 'overfit'
  return {
    ...row,
    hiddenBpb: null,
    seeds: [],
    runs: [],
    ...(isOverfit && { reason: 'The judge did not accept the gain: it holds for the validation text only.' }),
    ...(judgement && { judgement: { ...judgement, gap: null } }),
  }
}
