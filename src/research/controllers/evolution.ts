// The default researcher: mutations of the base, guided by what earlier ones paid. A brood of them is drawn, and the one
// of which the record promises most is proposed (outlook.ts). Half of a brood moves a knob or a few one step in the
// direction that has paid; the step grows with success and shrinks with failure; knobs and categories compete by an
// upper confidence bound. The other half is drawn from the whole ranges. Places that crashed are walls; near misses are
// now and then put together. Deterministic in seed and history.

import type { Rng } from '../../core/rng'
import type { Knob } from '../../sandbox/contract'
import type { Controller, ResearchContext } from '../types'
import type { Credit, KnobCredit } from './credit'
import { diffOf, readCredit } from './credit'
import { categoryOf, weightOf } from './knowledge'
import { readOutlook, type Outlook } from './outlook'
import type { Diff } from './propose'
import { firstNew, openKnobs, phrase } from './propose'
import type { KnobValue } from './space'
import { fromUnit, sampleValue, stepTo, toUnit } from './space'

/** Chance that two or three near misses are combined, where there are any. */
const COMBINE = 0.2
/** Chance of a second knob, and again of a third. */
const COMPANION = 0.45

/** Edits that are drawn for one that is proposed. */
const BROOD = 24
/** Share of a brood that is drawn from whole ranges, for steps alone never see what lies far away; and a factor on steps. */
const MODES = {
  explore: { far: 0.5, stride: 1 },
  exploit: { far: 0.2, stride: 0.6 },
  combine: { far: 0.3, stride: 0.8 },
  ablate: { far: 0.3, stride: 1 },
} as const

/** The evolutionary controller. */
export function createEvolution(): Controller {
  return {
    name: 'evolution',
    async propose(context) {
      const knobs = openKnobs(context)
      const credit = readCredit(knobs, context.history, context.lab.sigmaBpb)
      const misses = nearMisses(context, knobs)
      const outlook = readOutlook(context)
      let lead = ''
      const { diff, source } = await firstNew(context, (refused) => {
        lead = ''
        if (misses.length >= 2 && context.rng.uniform() < COMBINE) {
          const combined = combine(misses, context.rng)
          lead = `Combine near misses ${combined.numbers.join(' and ')}, which each gained a little`
          return combined.diff
        }
        return bestOfBrood(knobs, credit, outlook, context, refused)
      })
      return phrase(context, diff, source, lead, outlook)
    },
  }
}

/**
 * Of several mutations, the one from which the record leads one to expect most. What promises most may be what memory
 * does not hold, again and again, so every refusal leaves fewer to choose from.
 */
function bestOfBrood(knobs: readonly Knob[], credit: Credit, outlook: Outlook, { rng, guidance }: ResearchContext, refused: readonly Diff[]): Diff | null {
  const { far, stride } = MODES[guidance.mode]
  let best: Diff | null = null
  let bestPromise = -Infinity
  for (let i = 0; i < BROOD / (1 + refused.length); i++) {
    const diff = rng.uniform() < far ? drawFar(knobs, credit, rng) : mutate(knobs, credit, stride, rng)
    if (!diff || Object.keys(diff).length === 0) continue
    const promise = outlook.promise(diff)
    if (promise > bestPromise) {
      best = diff
      bestPromise = promise
    }
  }
  return best
}

function drawFar(knobs: readonly Knob[], credit: Credit, rng: Rng): Diff {
  const chosen = rng.shuffle([...knobs]).slice(0, 1 + rng.int(3))
  const drawn = chosen.map((knob) => [knob, sampleValue(knob, rng)] as const)
  return Object.fromEntries(drawn.filter(([knob, value]) => isInside(knob, value, credit)).map(([{ name }, value]) => [name, value]))
}

/** Whether a value lies on this side of the walls. */
function isInside(knob: Knob, value: KnobValue, credit: Credit): boolean {
  const wall = credit.knobs.get(knob.name)?.wall
  if (knob.space.kind === 'oneOf' || !wall) return true
  const place = toUnit(knob, Number(value))
  return place > toUnit(knob, Number(knob.value)) ? place < wall.high : place > wall.low
}

interface NearMiss {
  number: number
  gain: number
  diff: Diff
}

/** Discarded attempts that were better than their parent, as far as their changes are not in the incumbent already. */
function nearMisses(context: ResearchContext, knobs: readonly Knob[]): NearMiss[] {
  const byNumber = new Map(context.history.map((row) => [row.number, row]))
  const current = new Map(knobs.map((knob) => [knob.name, knob.value]))
  const misses: NearMiss[] = []
  for (const row of context.history) {
    if (row.status !== 'discard' || row.deltaBpb === null || row.deltaBpb >= 0 || row.parentNumber === null) continue
    const changes = Object.entries(diffOf(row, byNumber.get(row.parentNumber)))
    const open = changes.filter(([name, value]) => current.has(name) && current.get(name) !== value)
    if (open.length > 0) misses.push({ number: row.number, gain: -row.deltaBpb, diff: Object.fromEntries(open) })
  }
  return misses.sort((a, b) => b.gain - a.gain).slice(0, 5)
}

function combine(misses: readonly NearMiss[], rng: Rng): { diff: Diff; numbers: number[] } {
  const chosen = rng.shuffle([...misses]).slice(0, misses.length > 2 && rng.uniform() < 0.3 ? 3 : 2)
  // where two name the same knob, the one that gained more has the last word
  chosen.sort((a, b) => a.gain - b.gain)
  return { diff: Object.assign({}, ...chosen.map((miss) => miss.diff)), numbers: chosen.map((miss) => miss.number) }
}

function mutate(knobs: readonly Knob[], credit: Credit, stride: number, rng: Rng): Diff | null {
  const diff: Diff = {}
  let left = [...knobs]
  do {
    const knob = choose(left, credit, rng)
    const known = credit.knobs.get(knob.name)
    const value = known ? move(knob, known, stride, rng) : null
    if (value !== null) diff[knob.name] = value
    left = left.filter((other) => other !== knob)
  } while (left.length > 0 && Object.keys(diff).length < 3 && rng.uniform() < COMPANION)
  return Object.keys(diff).length > 0 ? diff : null
}

/** The knob with the highest upper confidence bound; noise breaks ties and keeps two labs from being alike. */
function choose(knobs: readonly Knob[], credit: Credit, rng: Rng): Knob {
  let best = knobs[0]
  let bestScore = -Infinity
  for (const knob of knobs) {
    const known = credit.knobs.get(knob.name)
    const kind = credit.categories.get(categoryOf(knob.name))
    const curiosity = 0.35 * weightOf(knob.name) * Math.sqrt(Math.log(credit.attempts + 2) / ((known?.tries ?? 0) + 1))
    const score = (known?.mean ?? 0) + 0.4 * (kind?.mean ?? 0) + curiosity + 0.15 * gumbel(rng)
    if (score > bestScore) {
      bestScore = score
      best = knob
    }
  }
  return best
}

function move(knob: Knob, known: KnobCredit, stride: number, rng: Rng): KnobValue | null {
  return knob.space.kind === 'oneOf' ? flip(knob, known, rng) : step(knob, known, stride, rng)
}

/** Another option: the untried before the tried, the better before the worse. */
function flip(knob: Knob, known: KnobCredit, rng: Rng): KnobValue | null {
  if (knob.space.kind !== 'oneOf') return null
  let best: KnobValue | null = null
  let bestScore = -Infinity
  for (const option of knob.space.options) {
    if (option === knob.value) continue
    const seen = known.options.get(String(option))
    const score = (seen?.mean ?? 0.05) - 0.1 * (seen?.tries ?? 0) + 0.1 * gumbel(rng)
    if (score > bestScore) {
      bestScore = score
      best = option
    }
  }
  return best
}

/** A step on the knob's own scale, away from walls. */
function step(knob: Knob, known: KnobCredit, stride: number, rng: Rng): KnobValue | null {
  const here = toUnit(knob, Number(knob.value))
  const lean = known.towards.up - known.towards.down
  let direction: 1 | -1 = rng.uniform() < 1 / (1 + Math.exp(-4 * lean)) ? 1 : -1
  if (direction > 0 ? here >= 1 : here <= 0) direction = direction > 0 ? -1 : 1
  const size = stride * known.step * Math.exp(0.4 * rng.normal())
  const value = stepTo(knob, direction, size)
  if (typeof value !== 'number' || value === knob.value) return null
  const place = toUnit(knob, value)
  const wall = direction > 0 ? known.wall.high : known.wall.low
  if (direction > 0 ? place < wall : place > wall) return value
  // halfway to the wall, where that is a move at all; a wall on this side of the incumbent says to stay away
  const halfway = fromUnit(knob, (here + wall) / 2)
  const isMove = halfway !== knob.value && Math.sign(toUnit(knob, Number(halfway)) - here) === direction
  return isMove ? halfway : null
}

function gumbel(rng: Rng): number {
  return -Math.log(-Math.log(rng.uniform() * 0.999998 + 1e-6))
}
