// The record as a list of experiments in the strict sense: what was moved, and what it did to the score.

import type { Experiment, LabRecord } from '../../history/types'
import { diffOf } from '../controllers/credit'
import { hasFailed, isTry } from '../outcomes'

/** One knob of an attempt: as it was in the program it started from, and as it was tried. */
export interface Move {
  name: string
  from: unknown
  to: string | number | boolean
  /** numbers go up or down; anything else is chosen, a number that was none before included */
  way: 'up' | 'down' | 'to'
}

export interface Attempt {
  row: Experiment
  parent: Experiment
  moves: Move[]
  /** mean change of val_bpb over the seeds that both have; null where there is none */
  deltaBpb: number | null
  /** standard error of that change, σ·√(2/k) over k seeds; null where σ or the change is not known */
  errorBpb: number | null
  /** it did not run, or not to its end */
  failed: boolean
}

/** Every attempt with a known parent, oldest first. Changes are measured against the parent, not against the best. */
export function attemptsOf(rows: readonly Experiment[], { sigmaBpb }: Pick<LabRecord, 'sigmaBpb'>): Attempt[] {
  const byNumber = new Map(rows.map((row) => [row.number, row]))
  return rows.flatMap((row) => {
    const parent = row.parentNumber === null ? undefined : byNumber.get(row.parentNumber)
    return isTry(row) && row.status !== 'device_lost' && parent ? [attemptOf(row, parent, sigmaBpb)] : []
  })
}

/** One attempt against the program it started from. */
export function attemptOf(row: Experiment, parent: Experiment, sigmaBpb: number | null): Attempt {
  // scores are in the order of the judge's seeds, so the first k of both are of the same seeds
  const shared = Math.min(row.scores.length, parent.scores.length)
  const changes = row.scores.slice(0, shared).map((score, i) => score - parent.scores[i])
  const deltaBpb = shared === 0 ? row.deltaBpb : changes.reduce((sum, change) => sum + change, 0) / shared
  const failed = hasFailed(row)
  return {
    row,
    parent,
    moves: Object.entries(diffOf(row, parent)).map(([name, to]) => moveOf(name, parent.knobs[name], to)),
    deltaBpb: failed ? null : deltaBpb,
    errorBpb: failed || deltaBpb === null || !sigmaBpb ? null : sigmaBpb * Math.sqrt(2 / Math.max(1, shared)),
    failed,
  }
}

function moveOf(name: string, from: unknown, to: Move['to']): Move {
  if (typeof from !== 'number' || typeof to !== 'number') return { name, from, to, way: 'to' }
  return { name, from, to, way: to > from ? 'up' : 'down' }
}

/** What a move is about, whatever the numbers: 'MATRIX_LR up', 'ACTIVATION → gelu'. */
export function moveName({ name, way, to }: Move): string {
  if (way !== 'to') return `${name} ${way}`
  return typeof to === 'number' ? `${name} added` : `${name} → ${String(to).slice(0, 40)}`
}

/** Bits per byte with sign. */
export function signed(bpb: number): string {
  return `${bpb < 0 ? '−' : '+'}${Math.abs(bpb).toFixed(4)}`
}
