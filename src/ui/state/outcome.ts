// What each status is called and drawn as; colour is never the only difference.

import type { Experiment, ExperimentStatus } from '../../history/types'
import { bpb, delta } from './format'

export type Tone = 'gold' | 'plain' | 'bad' | 'live'

export interface Outcome {
  label: string
  icon: 'bead' | 'ring' | 'cross' | 'clock' | 'bar' | 'pulse' | 'thought' | 'base'
  tone: Tone
  /** completes "This attempt …" */
  meaning: string
}

const OUTCOMES: Record<ExperimentStatus, Outcome> = {
  running: { label: 'Running', icon: 'pulse', tone: 'live', meaning: 'is being trained and measured now' },
  baseline: { label: 'Baseline', icon: 'base', tone: 'plain', meaning: 'is the unmodified program all others must beat' },
  keep: { label: 'Kept', icon: 'bead', tone: 'gold', meaning: 'beat the best so far and became the new best' },
  discard: { label: 'Discarded', icon: 'ring', tone: 'plain', meaning: 'ran to the end but did not beat the best so far' },
  crash: { label: 'Crashed', icon: 'cross', tone: 'bad', meaning: 'failed while running' },
  timeout: { label: 'Timed out', icon: 'clock', tone: 'bad', meaning: 'took longer than the guard allows' },
  rejected: { label: 'Rejected', icon: 'bar', tone: 'bad', meaning: 'was refused before it ran' },
  checks_failed: { label: 'Checks failed', icon: 'bar', tone: 'bad', meaning: 'gave a score that a gate would not accept' },
  device_lost: { label: 'Device lost', icon: 'cross', tone: 'bad', meaning: 'ended because the graphics device went away' },
  thought: { label: 'Thought', icon: 'thought', tone: 'plain', meaning: 'is a note; nothing was run' },
}

export function outcomeOf(status: ExperimentStatus): Outcome {
  return OUTCOMES[status]
}

const FLAGS = { overfit: 'overfit', budget: 'not told' } as const

/** The word for an attempt, with why where that is not the usual: Kept, Kept: simpler, Discarded: overfit, Skipped. */
export function labelOf({ status, judgement, error }: Pick<Experiment, 'status' | 'judgement' | 'error'>): string {
  const { label } = outcomeOf(status)
  if (error?.code === 'lab.skipped') return 'Skipped'
  if (status === 'keep' && judgement?.keptAs === 'simpler') return `${label}: simpler`
  return judgement?.flag ? `${label}: ${FLAGS[judgement.flag]}` : label
}

export function isDecided(row: Experiment): boolean {
  return row.status !== 'running' && row.status !== 'thought'
}

/** One sentence for a screen reader or a status line. */
export function sentence(row: Experiment): string {
  const head = row.status === 'baseline' ? 'Baseline measured' : `Experiment ${row.number} ${labelOf(row).toLowerCase()}`
  if (row.valBpb === null) return `${head}.`
  const change = row.deltaBpb === null ? '' : `, change ${delta(row.deltaBpb)}`
  return `${head}: ${bpb(row.valBpb)} bits per byte${change}.`
}
