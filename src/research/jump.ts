// A gain too large to be believed at first sight: it is measured again before anything hangs on it.

import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import { isAlike } from '../judge/evidence'
import type { Noise } from '../judge/noise'
import type { GateResult, RunResult } from '../judge/types'
import type { Bench } from './bench'
import { failedRow, failureOf, withRun } from './rows'

/** A first look this many σ better than the incumbent is looked at again. */
const JUMP_SIGMAS = 6

/** Whether a first look is too good to be taken at its word. The plain rule, which knows no noise, takes it. */
export function isJump(row: Experiment, incumbent: Experiment, noise: Noise | null): boolean {
  return noise !== null && incumbent.scores[0] - row.scores[0] > JUMP_SIGMAS * noise.sigmaBpb
}

/**
 * Runs the first look again, on the same seed and along the same course: the same machine must give the same score to
 * the bit, another one within σ. Only what comes again is measured further, on the seeds that follow.
 */
export async function repeatJump(
  bench: Bench,
  row: Experiment,
  first: Extract<RunResult, { ok: true }>,
  { sigmaBpb }: Noise,
  now: () => number,
): Promise<Experiment> {
  const { began, steps } = first.evidence
  const follow = began ? { follow: { began, steps } } : {}
  const run = await bench.run(row, 0, { purpose: 'jump', scoreHidden: false, returnWeights: false, ...follow })
  const { result } = run
  const seen = withRun(row, run)
  if (!result.ok) return failureOf(seen, result, now())
  const apart = Math.abs(result.valBpb - first.valBpb)
  const passed = apart <= (isAlike(first.evidence.adapter, result.evidence.adapter) ? 0 : sigmaBpb)
  const found = passed ? 'it came again' : `run again on the same seed it scored ${result.valBpb.toFixed(4)}, not ${first.valBpb.toFixed(4)}`
  const detail = `more than ${JUMP_SIGMAS} σ better at first sight: ${found}`
  const gate: GateResult = { gate: 'repeat', passed, detail }
  const gated = { ...seen, gates: [...seen.gates, gate] }
  if (passed) return gated
  const error = new LabError('judge.repeat', `The repeat gate failed: ${detail}.`, {
    hint: 'The score does not count. If it happens again, this machine does not compute the same thing twice.',
  })
  return failedRow(gated, 'checks_failed', error, now())
}
