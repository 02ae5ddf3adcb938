// From a set of knob values to a proposal: new source, words, and an honest guess at its chances.

import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import { setKnobs } from '../../sandbox/knobs'
import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import type { Proposal, ResearchContext } from '../types'
import { categoryOf, changeText, explainChange, verb } from './knowledge'
import type { KnobValue } from './space'

/** New values by knob name. */
export type Diff = Record<string, KnobValue>

/** Whether a row was cut off rather than tried. */
function isTried(row: Experiment): boolean {
  return row.status !== 'device_lost' && row.error?.code !== 'lab.state'
}

/**
 * Draws edits until one gives a program that has not been tried.
 * @param draw one edit of the incumbent's knobs, or null when there is none to make this time
 * @throws LabError "controller.exhausted" after many repeats
 */
export async function firstNew(
  context: ResearchContext,
  draw: () => Diff | null,
): Promise<{ diff: Diff; source: string }> {
  const tried = new Set(context.history.filter(isTried).map((row) => row.programHash))
  for (let attempt = 0; attempt < 200; attempt++) {
    const diff = draw()
    if (!diff) continue
    const source = setKnobs(context.source, diff)
    if (source !== context.source && !tried.has(await sha256(source))) return { diff, source }
  }
  throw new LabError('controller.exhausted', 'The researcher has no new setting of the knobs left to try.', {
    hint: 'Add knobs to train.js, widen their ranges, or queue a program of your own.',
  })
}

/** Refuses a program without knobs. @throws LabError "controller.exhausted" */
export function needKnobs(knobs: readonly Knob[]): void {
  if (knobs.length > 0) return
  throw new LabError('controller.exhausted', 'train.js has no knobs, so there is nothing this researcher can change.', {
    hint: 'Mark numbers as knob(value, { log: [min, max] }), or queue a program of your own.',
  })
}

/** The proposal in words: every change named, the first reason given in full, the others where they are short. */
export function phrase(context: ResearchContext, diff: Diff, source: string, lead = ''): Proposal {
  const changed = context.knobs.filter((knob) => knob.name in diff && knob.value !== diff[knob.name])
  const reasons = changed.map((knob) => explainChange(knob, diff[knob.name]))
  const clauses = changed.map((knob) => verb(knob, diff[knob.name]))
  const sentence = lead
    ? `${lead}: ${clauses.join(', ')}.`
    : `${reasons.join('; and ')}.`
  return {
    hypothesis: sentence[0].toUpperCase() + sentence.slice(1),
    description: changed.map((knob) => changeText(knob, diff[knob.name])).join(', '),
    category: changed.length > 1 && lead ? 'combination' : categoryOf(changed[0].name),
    ...forecast(context, changed.map((knob) => categoryOf(knob.name))),
    source,
  }
}

/**
 * What attempts of the same categories have done: mean change, shrunk towards zero by two imagined null results;
 * share of keeps, with one keep in five imagined beforehand.
 */
export function forecast(context: ResearchContext, categories: readonly string[]) {
  const alike = context.history.filter((row) => categories.includes(row.category) && row.parentNumber !== null)
  const deltas = alike.flatMap((row) => (row.deltaBpb === null ? [] : [row.deltaBpb]))
  const keeps = alike.filter((row) => row.status === 'keep').length
  return {
    expectedDelta: Number((deltas.reduce((sum, delta) => sum + delta, 0) / (deltas.length + 2)).toFixed(4)),
    expectedProbability: Number(((keeps + 1) / (alike.length + 5)).toFixed(2)),
  }
}
