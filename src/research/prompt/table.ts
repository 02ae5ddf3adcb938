// Experiments as typed numbers: one line each. Texts in it are bounded and stand in a quotation; errors are codes.

import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import { toUnit } from '../controllers/space'
import { cell } from './quote'

/** Heads of the columns. */
export const COLUMNS =
  'number | status | by | category | val_bpb | change of it | predicted | P(keep) said | P(better) | seeds | params | tokens/s | MB | error | what was changed | knobs unlike the present program'

/** One experiment; `present` are the knobs of the program that it is compared with. */
export function tableRow(row: Experiment, present: readonly Knob[]): string {
  const { measurements: m } = row
  return [
    `#${row.number}`,
    row.judgement?.flag ? `${row.status} (${row.judgement.flag})` : row.status,
    cell(row.proposer, 30),
    cell(row.category, 20),
    fixed(row.valBpb, 4),
    fixed(row.deltaBpb, 4),
    fixed(row.expectedDelta, 4),
    fixed(row.expectedProbability, 2),
    fixed(row.judgement?.pBetter ?? null, 2),
    String(row.scores.length),
    m ? short(m.paramCount) : '-',
    m ? short(m.tokensPerSecond) : '-',
    m ? String(Math.round(m.bytesAllocated / 2 ** 20)) : '-',
    row.error && /^[a-z]+\.[a-zA-Z]+$/.test(row.error.code) ? row.error.code : '-',
    cell(row.description, 100),
    differences(row, present),
  ].join(' | ')
}

/** The best by val_bpb among those that have one, lowest first. */
export function bestOf(history: readonly Experiment[], count: number): Experiment[] {
  const scored = history.filter((row) => row.valBpb !== null && row.status !== 'device_lost')
  return scored.toSorted((a, b) => a.valBpb! - b.valBpb! || a.number - b.number).slice(0, count)
}

/** Attempts whose knobs are nearest to the present ones: mean distance over the knobs, each on its unit interval. */
export function nearestOf(history: readonly Experiment[], present: readonly Knob[], count: number): Experiment[] {
  if (present.length === 0) return []
  const known = history.filter((row) => row.status !== 'thought' && Object.keys(row.knobs).length > 0)
  const far = new Map(known.map((row) => [row, distance(row, present)]))
  return known.toSorted((a, b) => far.get(a)! - far.get(b)! || b.number - a.number).slice(0, count)
}

function distance(row: Experiment, present: readonly Knob[]): number {
  let sum = 0
  for (const knob of present) {
    const value = Object.hasOwn(row.knobs, knob.name) ? row.knobs[knob.name] : undefined
    const isNumber = knob.space.kind !== 'oneOf' && typeof value === 'number'
    if (isNumber) sum += Math.min(1, Math.abs(toUnit(knob, value) - toUnit(knob, Number(knob.value))))
    else sum += Number(value !== knob.value)
  }
  return sum / present.length
}

function differences(row: Experiment, present: readonly Knob[]): string {
  const unlike = present.filter((knob) => Object.hasOwn(row.knobs, knob.name) && row.knobs[knob.name] !== knob.value)
  if (unlike.length === 0) return Object.keys(row.knobs).length > 0 ? 'none' : '-'
  const told = unlike.slice(0, 8).map((knob) => cell(`${knob.name}=${plain(row.knobs[knob.name])}`, 60))
  return [...told, ...(unlike.length > 8 ? [`and ${unlike.length - 8} more`] : [])].join(' ')
}

/** A knob's value as it is shown. */
export function plain(value: Knob['value']): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value)
}

/** A number with so many decimals, or a dash. */
export function fixed(value: number | null, decimals: number): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(decimals) : '-'
}

/** 1234567 as 1.23M. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)}M`
  return value >= 1e4 ? `${(value / 1e3).toPrecision(3)}k` : String(Math.round(value))
}
