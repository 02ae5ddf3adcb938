// When a lab ends, and with what evidence. Pure functions of the record.
//
//   CEILING    the best is within one σ of what the text itself holds: there is nothing more to gain
//   CONVERGED  the target was met, or the last keeps gained less than can be told apart and nothing came after them
//   PLATEAU    no keep for long, though a gain of the size that counts would have been seen
//   BLOCKED    nothing runs, or nothing is proposed

import type { Experiment, LabRecord } from '../../history/types'
import { hasFailed, triesOf } from '../outcomes'
import { pairedDelta } from './nearMisses'
import type { EndKind, EndState } from './types'

/** Tries without a keep after which small gains are taken to be the last, and after which there are taken to be none. */
const EXHAUSTED = 20
const PLATEAU = 40
/** Tries without a keep that give a used-up budget the name of a plateau. */
const STALLED = 10
const LAST_KEEPS = 3
const ALL_FAILED = 10
/** Standard errors of a gain that is found four times in five, at one false find in twenty: z(0.95) + z(0.80). */
const POWER_Z = 2.49

interface Evidence {
  kind: EndKind
  text: string
}

/** Why the lab is over, or null while it is not. A program that the person queued is still run. */
export function endOf(lab: LabRecord, rows: readonly Experiment[]): EndState | null {
  const best = rows.find(({ number }) => number === lab.incumbent)
  if (!best || (lab.queue ?? []).length > 0) return null
  const target = lab.ends?.targetBpb ?? null
  if (target !== null && best.valBpb !== null && best.valBpb <= target) {
    const evidence = `The target of ${target} is met: experiment ${best.number} has ${best.valBpb.toFixed(4)} bits per byte.`
    return { kind: 'CONVERGED', by: 'target', evidence }
  }
  const spent = budgetOf(lab, rows)
  if (spent) {
    const found = evidenceOf(lab, rows, best) ?? stalled(lab, rows)
    return { kind: found?.kind ?? null, by: spent.by, evidence: [spent.text, found?.text].filter(Boolean).join(' ') }
  }
  if (lab.guide === 'off') return null
  const found = evidenceOf(lab, rows, best)
  return found && { kind: found.kind, by: 'evidence', evidence: found.text }
}

/** Wall time of all runs, in minutes. */
export function minutesOf(rows: readonly Experiment[]): number {
  return rows.reduce((sum, { runs = [] }) => sum + runs.reduce((ms, { wallMs = 0 }) => ms + wallMs, 0), 0) / 60_000
}

/** The first budget that has been used up. */
function budgetOf({ maxExperiments = null, ends, spent }: LabRecord, rows: readonly Experiment[]): { by: EndState['by']; text: string } | null {
  if (maxExperiments !== null && triesOf(rows).length >= maxExperiments) {
    return { by: 'experiments', text: `All ${maxExperiments} experiments are done.` }
  }
  const minutes = minutesOf(rows)
  if (ends?.minutes != null && minutes >= ends.minutes) return { by: 'minutes', text: `${minutes.toFixed(1)} of ${ends.minutes} minutes of running are used.` }
  const tokens = (spent?.inputTokens ?? 0) + (spent?.outputTokens ?? 0)
  if (ends?.tokens != null && tokens >= ends.tokens) return { by: 'tokens', text: `${tokens} of ${ends.tokens} tokens of models are used.` }
  const usd = spent?.usd ?? 0
  if (ends?.usd != null && usd >= ends.usd) return { by: 'usd', text: `$${usd.toFixed(2)} of $${ends.usd} are spent.` }
  return null
}

/** What the record shows beyond doubt; what it showed before the person went on no longer counts. */
function evidenceOf(lab: LabRecord, rows: readonly Experiment[], best: Experiment): Evidence | null {
  const { sigmaBpb, floorBpb, goneOnAfter = null, task } = lab
  const tries = triesOf(rows).slice(goneOnAfter ?? 0)
  if (goneOnAfter !== null && tries.length < EXHAUSTED) return null
  if (sigmaBpb !== null && floorBpb !== null && best.valBpb !== null && best.valBpb - floorBpb <= sigmaBpb) {
    const text = `The best, ${bits(best.valBpb)}, is within one σ (${sigmaBpb.toFixed(4)}) of the ${bits(floorBpb)} that the text itself holds.`
    return { kind: 'CEILING', text }
  }
  const failed = tries.slice(-ALL_FAILED)
  if (failed.length === ALL_FAILED && failed.every(hasFailed)) {
    return { kind: 'BLOCKED', text: `The last ${ALL_FAILED} experiments failed; the last: ${failed.at(-1)!.reason}` }
  }
  const since = tries.length - 1 - tries.findLastIndex(({ status }) => status === 'keep')
  const counts = Math.max(task.keepRule.floorBpb, sigmaBpb ?? 0)
  const gains = lastGains(rows)
  if (since >= EXHAUSTED && gains.length === LAST_KEEPS && gains.every((gain) => gain < counts)) {
    const told = gains.map((gain) => gain.toFixed(4)).join(', ')
    return { kind: 'CONVERGED', text: `The last ${LAST_KEEPS} keeps gained ${told}, each less than ${bits(counts)}, and nothing was kept in ${since} experiments since.` }
  }
  const seen = visibleGain(lab)
  if (since >= PLATEAU && seen !== null && seen <= task.keepRule.floorBpb) {
    return { kind: 'PLATEAU', text: `${without(since)} A gain of ${bits(task.keepRule.floorBpb)}, the least that counts, would have been seen (down to ${seen.toFixed(4)}).` }
  }
  return null
}

/** The name for a budget that ran out without gains; none while there still were some. */
function stalled(lab: LabRecord, rows: readonly Experiment[]): Evidence | null {
  const tries = triesOf(rows)
  const since = tries.length - 1 - tries.findLastIndex(({ status }) => status === 'keep')
  if (since < STALLED) return null
  const seen = visibleGain(lab)
  return { kind: 'PLATEAU', text: seen === null ? without(since) : `${without(since)} Gains under ${bits(seen)} are not seen with this noise and so many seeds.` }
}

/** The gain that the keep rule finds four times in five: 2.49·σ·√(2/n) over n seeds; null where σ is not measured. */
function visibleGain({ sigmaBpb, task }: LabRecord): number | null {
  if (sigmaBpb === null || task.keepRule.kind === 'plain') return null
  return POWER_Z * sigmaBpb * Math.sqrt(2 / Math.max(2, task.keepRule.repeats))
}

/** Of the last keeps against the best before each. */
function lastGains(rows: readonly Experiment[]): number[] {
  const keeps = rows.filter(({ status }) => status === 'keep' || status === 'baseline')
  return keeps.slice(1).map((row, i) => -(pairedDelta(row, keeps[i]) ?? 0)).slice(-LAST_KEEPS) // prettier-ignore
}

function without(count: number): string {
  return `Nothing was kept in the last ${count} experiments.`
}

function bits(bpb: number): string {
  return `${bpb.toFixed(4)} bits per byte`
}
