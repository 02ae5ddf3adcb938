// What a controller may see. The hidden split, the judge's seeds and whatever would give them away stay here.

import { Rng } from '../core/rng'
import type { Experiment, LabRecord } from '../history/types'
import { findKnobs } from '../sandbox/knobs'
import type { ResearchContext } from './types'

/** The lab, the incumbent's program and every finished attempt, without hidden scores, seeds and single runs. */
export function researchContext(lab: LabRecord, rows: readonly Experiment[], source: string): ResearchContext {
  return {
    lab: { ...lab, task: { ...lab.task, seed: 0 } },
    source,
    knobs: findKnobs(source),
    history: rows.filter((row) => row.status !== 'running').map(withoutHidden),
    // the same history and seed propose the same again, so a proposal lost in a kill is made anew
    rng: new Rng(lab.controllerSeed, `propose/${lab.nextNumber}`),
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
