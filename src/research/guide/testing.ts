// Records made by hand for this folder's tests.

import type { Experiment, ExperimentStatus, LabRecord } from '../../history/types'
import { findKnobs } from '../../sandbox/knobs'
import { PROGRAM, scriptedLab } from '../testing'

/** A row on the baseline's program; failures have an error, scored ones a score on each of two seeds. */
export function row(number: number, status: ExperimentStatus, change: Partial<Experiment> = {}): Experiment {
  const isScored = status === 'baseline' || status === 'keep' || status === 'discard'
  const scores = isScored ? [2, 2] : []
  const failed = !isScored && status !== 'thought'
  const error = failed ? { name: 'LabError' as const, code: 'gpu.oom' as const, message: 'too big', hint: '', data: {} } : null
  return {
    labId: 'lab-1', number, status, proposer: number === 0 ? 'baseline' : 'evolution', hypothesis: '', description: `change ${number}`,
    category: `kind ${number}`, expectedDelta: null, expectedProbability: null, commit: `c${number}`, parentCommit: number > 0 ? 'c0' : '',
    parentNumber: number > 0 ? 0 : null, createdAt: 0, finishedAt: 0, seeds: [], scores, valBpb: isScored ? 2 : null, hiddenBpb: null,
    deltaBpb: status === 'keep' || status === 'discard' ? 0 : null, reason: 'so it is', gates: [], measurements: null, error, runs: [],
    programHash: `hash ${number}`, knobs: Object.fromEntries(findKnobs(PROGRAM).map(({ name, value }) => [name, value])), ...change,
  } // prettier-ignore
}

/** A baseline and then rows of these statuses: k keep, d discard, c crash, t thought, r repetition, s skipped, x cut off. */
export function record(letters: string, change: (number: number) => Partial<Experiment> = () => ({})): Experiment[] {
  const of: Record<string, ExperimentStatus> = { k: 'keep', d: 'discard', c: 'crash', t: 'thought', r: 'rejected', s: 'rejected', x: 'crash' }
  const codes: Record<string, 'program.duplicate' | 'lab.skipped' | 'lab.state'> = { r: 'program.duplicate', s: 'lab.skipped', x: 'lab.state' }
  const rows = [...letters].map((letter, i) => {
    const made = row(i + 1, of[letter], change(i + 1))
    const code = codes[letter]
    return code ? { ...made, error: { ...made.error!, code } } : made
  })
  return [row(0, 'baseline', { scores: [2, 2.01] }), ...rows]
}

export function lab(change: Partial<LabRecord> = {}): LabRecord & { incumbent: number } {
  return { ...scriptedLab({ guide: 'on', sigmaBpb: 0.01, maxExperiments: null, ...change }), incumbent: change.incumbent ?? 0 }
}
