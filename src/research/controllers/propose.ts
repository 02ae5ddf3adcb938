// From a set of knob values to a proposal: new source, words, and an honest guess at its chances.

import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import { activeKnobs, setKnobs } from '../../sandbox/knobs'
import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import type { Proposal, ResearchContext } from '../types'
import { triesOf } from '../outcomes'
import { categoryOf, changeText, explainChange, verb } from './knowledge'
import { readOutlook, type Outlook } from './outlook'
import type { KnobValue } from './space'
import { isMovable, sampleValue, toUnit } from './space'

/** New values by knob name. */
export type Diff = Record<string, KnobValue>

/** Refusals of the box after which one knob alone is moved, and after as many more nothing sensible is left. */
const MOST_REFUSED = 30
/** Changes that a description names; the hypothesis names all. */
const MOST_NAMED = 4

/** Whether a row was tried, and not cut off. */
function isTried(row: Experiment): boolean {
  return row.status !== 'device_lost' && row.status !== 'thought' && row.error?.code !== 'lab.state'
}

/**
 * The knobs that a proposal may move: they play a part, have another value to take, and are not of a category that has
 * had its three in a row. Where that leaves none, the quota gives way.
 * @throws LabError "controller.exhausted" when train.js has no knobs that can move
 */
export function openKnobs(context: ResearchContext): Knob[] {
  const knobs = activeKnobs(context.knobs).filter(isMovable)
  if (knobs.length === 0) {
    throw new LabError('controller.exhausted', 'train.js has no knobs, so there is nothing this researcher can change.', {
      hint: 'Mark numbers as knob(value, { log: [min, max] }), or queue a program of your own.',
    })
  }
  const isLimited = context.guidance.orders.some(({ kind }) => kind === 'quota')
  const spent = isLimited ? triesOf(context.history).at(-1)?.category : undefined
  const others = knobs.filter(({ name }) => categoryOf(name) !== spent)
  return others.length > 0 ? others : knobs
}

/**
 * Draws edits until one gives a program that is new and that the box accepts and memory holds.
 * @param draw one edit of the base's knobs, or null when there is none to make this time; `refused` are those that the
 * box would not have, so that the next may keep away from them
 * @throws LabError "controller.exhausted" after many repeats or refusals
 */
export async function firstNew(
  context: ResearchContext,
  draw: (refused: readonly Diff[]) => Diff | null,
): Promise<{ diff: Diff; source: string }> {
  const tried = context.history.filter(isTried)
  const hashes = new Set(tried.map((row) => row.programHash))
  const refused: Diff[] = []
  let refusal: LabError | null = null
  for (let attempt = 0; attempt < 200 && refused.length < 2 * MOST_REFUSED; attempt++) {
    // the base itself fits: where draw after draw is too much, one knob alone is moved
    const diff = effective(context.knobs, refused.length < MOST_REFUSED ? draw(refused) : one(context))
    if (!diff) continue
    const source = setKnobs(context.source, diff)
    if (source === context.source || hashes.has(await sha256(source)) || (await hasTwin(context, tried, diff))) continue
    try {
      await context.check(source)
      return { diff, source }
    } catch (thrown) {
      refusal = LabError.from(thrown)
      if (!/^(program|sandbox)\./.test(refusal.code)) throw thrown
      refused.push(diff)
    }
  }
  const hint = 'Add knobs to train.js, widen their ranges, or queue a program of your own.'
  if (refusal) {
    throw new LabError('controller.exhausted', `The researcher found no program that would run: ${refusal.message}`, { hint })
  }
  throw new LabError('controller.exhausted', 'The researcher has no new setting of the knobs left to try.', { hint })
}

function one(context: ResearchContext): Diff {
  const knob = context.rng.pick(openKnobs(context))
  return { [knob.name]: sampleValue(knob, context.rng) }
}

/** What an edit changes among the knobs that play a part after it; null where that is nothing. */
function effective(knobs: readonly Knob[], diff: Diff | null): Diff | null {
  if (!diff) return null
  const entries = activeKnobs(knobs, diff)
    .filter(({ name, value }) => Object.hasOwn(diff, name) && diff[name] !== value)
    .map(({ name }) => [name, diff[name]] as const)
  return entries.length > 0 ? Object.fromEntries(entries) : null
}

/** Whether a tried program is this code with the same values of every knob that plays a part. */
async function hasTwin(context: ResearchContext, tried: readonly Experiment[], diff: Diff): Promise<boolean> {
  const { knobs, source } = context
  if (!knobs.some(({ when }) => when)) return false // then equal values are equal text
  const wanted = activeKnobs(knobs, diff).map((knob) => [knob.name, diff[knob.name] ?? knob.value] as const)
  for (const row of tried) {
    if (!wanted.every(([name, value]) => row.knobs[name] === value)) continue
    // the same values in other code are another program
    const same = knobs.filter(({ name, value, space }) => {
      const own = row.knobs[name]
      return space.kind === 'oneOf' ? space.options.includes(own) : typeof own === typeof value
    })
    const text = setKnobs(source, Object.fromEntries(same.map(({ name }) => [name, row.knobs[name]])))
    if ((await sha256(text)) === row.programHash) return true
  }
  return false
}

/** The proposal in words: every change named, with its reason where there are few. */
export function phrase(context: ResearchContext, diff: Diff, source: string, lead = '', outlook: Outlook = readOutlook(context)): Proposal {
  const changed = context.knobs.filter((knob) => knob.name in diff && knob.value !== diff[knob.name])
  const size = (knob: Knob) => sizeOf(knob, diff[knob.name])
  const bySize = [...changed].sort((a, b) => size(b) - size(a))
  const named = changed.filter((knob) => bySize.indexOf(knob) < MOST_NAMED)
  const more = changed.length - named.length
  const reasons = changed.map((knob) => explainChange(knob, diff[knob.name]))
  const sentence = lead ? `${lead}: ${changed.map((knob) => verb(knob, diff[knob.name])).join(', ')}.` : `${reasons.join('; and ')}.`
  return {
    hypothesis: sentence[0].toUpperCase() + sentence.slice(1),
    description: `${named.map((knob) => changeText(knob, diff[knob.name])).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    // of what moved furthest
    category: categoryOf(bySize[0].name),
    ...outlook.forecast(diff),
    source,
  }
}

/** How far a change goes, in ranges of its knob; another option counts as half of one. */
function sizeOf(knob: Knob, to: KnobValue): number {
  return knob.space.kind === 'oneOf' ? 0.5 : Math.abs(toUnit(knob, Number(to)) - toUnit(knob, Number(knob.value)))
}
