// What the record leads one to expect of a change: how far val_bpb would move, and whether that would be kept.

import type { Experiment } from '../../history/types'
import { normalCdf } from './samplers/space'
import { fitSurrogate } from './samplers/surrogate'
import type { ResearchContext } from '../types'
import type { Diff } from './propose'
import { knobSpace, toldRows } from './told'

export interface Forecast {
  /** bits per byte against the program to start from, negative is better */
  expectedDelta: number
  /** that it is kept */
  expectedProbability: number
}

export interface Outlook {
  forecast(diff: Diff): Forecast
  /** Expected gain past what a keep needs, bits per byte; what candidates are chosen by. */
  promise(diff: Diff): number
}

/** Most weight that the surrogate has in a forecast. */
const TRUST = 0.4

/**
 * Reads the record into a surrogate (samplers/surrogate.ts).
 * Expected change: its mean difference between the program and the base. Probability: that the measured gain, noise
 * included, passes the bar of a keep, mixed in log odds with the lab's own share of keeps (one in five imagined
 * beforehand): w = 0.4 · n / (n + 10). What is proposed is the best-looking of many, so the surrogate alone promises too
 * much (the winner's curse); with all its weight, its forecasts scored worse than the plain share.
 */
export function readOutlook(context: Pick<ResearchContext, 'knobs' | 'history' | 'lab'>): Outlook {
  const { knobs, history, lab } = context
  const sigma = lab.sigmaBpb ?? 0
  const rule = lab.task.keepRule
  const seeds = rule.kind === 'plain' ? 1 : Math.max(2, rule.repeats)
  const measurement = sigma * Math.sqrt(2 / seeds)
  const bar = rule.kind === 'plain' ? 0 : Math.max(rule.floorBpb, 1.64 * measurement)

  const space = knobSpace(knobs)
  const base = space.pointOf(Object.fromEntries(knobs.map(({ name, value }) => [name, value])))
  const measured = toldRows(history).flatMap(({ row, bpb }) =>
    bpb === null ? [] : [{ point: space.pointOf(row.knobs), value: bpb, noise: sigma ** 2 / Math.max(1, row.scores.length) }],
  )
  const surrogate = fitSurrogate(space.dimensions, measured)
  const usual = keepRate(history)
  const weight = (TRUST * measured.length) / (measured.length + 10)

  const change = (diff: Diff) => {
    const present = Object.fromEntries(knobs.map(({ name, value }) => [name, value]))
    return surrogate?.change(base, space.pointOf({ ...present, ...diff })) ?? { mean: 0, sd: bar }
  }
  return {
    forecast(diff) {
      const { mean, sd } = change(diff)
      const passes = normalCdf((-bar - mean) / Math.max(1e-9, Math.hypot(sd, measurement)))
      const odds = (1 - weight) * logit(usual) + weight * logit(surrogate ? passes : usual)
      return {
        expectedDelta: Number(mean.toFixed(4)),
        expectedProbability: Number((1 / (1 + Math.exp(-odds))).toFixed(2)),
      }
    },
    promise(diff) {
      const { mean, sd } = change(diff)
      const spread = Math.max(1e-9, sd)
      const z = (-bar - mean) / spread
      // expected improvement (Jones, Schonlau & Welch 1998)
      return spread * (z * normalCdf(z) + Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI))
    },
  }
}

function keepRate(history: readonly Experiment[]): number {
  const tried = history.filter((row) => row.deltaBpb !== null && row.parentNumber !== null)
  return (tried.filter(({ status }) => status === 'keep').length + 1) / (tried.length + 5)
}

/** Bounded, so that no surrogate can be certain. */
function logit(probability: number): number {
  const p = Math.min(0.97, Math.max(0.02, probability))
  return Math.log(p / (1 - p))
}
