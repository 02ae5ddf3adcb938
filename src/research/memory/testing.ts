// Records made up for the tests of memory and habits.

import { experimentFixture, labFixture } from '../../history/fixtures'
import type { Experiment, LabRecord } from '../../history/types'

const START: Experiment['knobs'] = { LR: 0.02, WIDTH: 64, DEPTH: 4, ACTIVATION: 'relu' }
export const SIGMA = 0.002

/** A lab whose baseline scored 2 on two seeds. */
export function labOf(change: Partial<LabRecord> = {}): LabRecord {
  return labFixture('lab', { sigmaBpb: SIGMA, incumbent: 0, nextNumber: 1, ...change })
}

export const BASELINE = experimentFixture('lab', 0, {
  status: 'baseline', proposer: 'baseline', category: 'baseline', expectedDelta: null, expectedProbability: null,
  knobs: START, scores: [2, 2], valBpb: 2, deltaBpb: null,
}) // prettier-ignore

/** An attempt on the baseline that moved these knobs and changed both scores by `delta`; null fails. */
export function attempt(number: number, moved: Experiment['knobs'], delta: number | null, change: Partial<Experiment> = {}): Experiment {
  const description = Object.entries(moved).map(([name, to]) => `${name} ${START[name]} → ${to}`).join(', ') // prettier-ignore
  return experimentFixture('lab', number, {
    status: delta === null ? 'rejected' : delta < -0.004 ? 'keep' : 'discard',
    parentNumber: 0,
    description,
    hypothesis: 'It should help.',
    category: 'lr',
    knobs: { ...START, ...moved },
    scores: delta === null ? [] : [2 + delta, 2 + delta],
    valBpb: delta === null ? null : 2 + delta,
    deltaBpb: delta,
    error: delta === null ? { name: 'LabError', code: 'program.memory', message: 'Too big.', hint: '', data: {} } : null,
    ...change,
  })
}
