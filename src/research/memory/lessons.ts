// Standing lessons: what the record as a whole says, a line each, written anew every ten runs. The person may change
// the text at any time, and what the person wrote stays.

import type { Experiment, LabRecord } from '../../history/types'
import { attemptsOf, moveName, signed, type Attempt, type Move } from './attempts'
import { effectsOf, type Effect } from './effects'
import { LUCK } from './reflection'

/** Runs between two writings. */
export const LESSONS_EVERY = 10

const MOST = { effects: 8, categories: 4, walls: 5, pairs: 3 }

/**
 * Lessons from the figures alone, one a line, each a subject, a colon and what was seen; '' while nothing can be said.
 * In order: moves whose effect is beyond doubt (two posterior standard deviations), knobs without any seen, categories
 * that pay or do not, places where programs fail, moves that do not add up, and how good the predictions were.
 */
export function lessonsOf(rows: readonly Experiment[], lab: Pick<LabRecord, 'sigmaBpb'>): string {
  const attempts = attemptsOf(rows, lab)
  const effects = effectsOf(attempts)
  return [
    ...effectLines(effects),
    ...categoryLines(attempts),
    ...wallLines(attempts),
    ...pairLines(attempts, effects),
    ...predictionLines(attempts),
  ].join('\n')
}

/**
 * The lessons after a new writing: the person's lines first, as they are, then the new ones. A line is the person's
 * when the lab did not write it; a subject that the person rewrote or took out is not written again.
 * @param written what the lab, or a model, has to say now
 */
export function keepEdits(written: string, lab: Pick<LabRecord, 'lessons' | 'lessonsWritten'>): Pick<LabRecord, 'lessons' | 'lessonsWritten'> {
  const shown = linesOf(lab.lessons ?? '')
  const before = linesOf(lab.lessonsWritten ?? '')
  const own = shown.filter((line) => !before.includes(line))
  const undone = new Set(before.filter((line) => !shown.includes(line)).map(subjectOf))
  const fresh = linesOf(written).filter((line) => !undone.has(subjectOf(line)) && !own.includes(line))
  return { lessons: [...own, ...fresh].join('\n'), lessonsWritten: linesOf(written).join('\n') }
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '') // prettier-ignore
}

function subjectOf(line: string): string {
  return line.split(':')[0].trim().toLowerCase()
}

function effectLines(effects: readonly Effect[]): string[] {
  const sure = effects.filter(({ meanBpb, sdBpb }) => Math.abs(meanBpb) > LUCK * sdBpb)
  sure.sort((a, b) => a.meanBpb / a.sdBpb - b.meanBpb / b.sdBpb)
  const told = sure.length <= MOST.effects ? sure : [...sure.slice(0, MOST.effects / 2), ...sure.slice(-MOST.effects / 2)]
  const lines = told.map(({ move, meanBpb, sdBpb, tries, kept }) => {
    const verdict = meanBpb < 0 ? 'pays' : 'costs'
    return `${move}: ${verdict}, ${signed(meanBpb)} ± ${sdBpb.toFixed(4)} bits per byte (${tries} tried, ${kept} kept)`
  })
  const knobs = [...new Set(effects.map(({ knob }) => knob))]
  const flat = knobs.filter((knob) => {
    const its = effects.filter((effect) => effect.knob === knob)
    return its.reduce((sum, { tries }) => sum + tries, 0) >= 3 && !its.some((effect) => sure.includes(effect))
  })
  return flat.length === 0 ? lines : [...lines, `No effect seen: ${flat.slice(0, 12).join(', ')} (tried three times or more)`]
}

function categoryLines(attempts: readonly Attempt[]): string[] {
  const kinds = new Map<string, { tries: number; kept: number; failed: number }>()
  for (const { row, failed } of attempts) {
    const kind = kinds.get(row.category) ?? { tries: 0, kept: 0, failed: 0 }
    kinds.set(row.category, kind)
    kind.tries++
    kind.kept += Number(row.status === 'keep')
    kind.failed += Number(failed)
  }
  const known = [...kinds].filter(([, { tries }]) => tries >= 3)
  known.sort(([, a], [, b]) => b.kept / b.tries - a.kept / a.tries || b.tries - a.tries)
  const told = known.length <= MOST.categories ? known : [...known.slice(0, MOST.categories - 1), known.at(-1)!]
  return told.map(([name, { tries, kept, failed }]) => `Category ${name}: ${kept} of ${tries} kept${failed > 0 ? `, ${failed} failed` : ''}`)
}

/** The least value going up, and the greatest going down, at which a knob's programs failed twice and none ran beyond. */
function wallLines(attempts: readonly Attempt[]): string[] {
  const names = [...new Set(attempts.filter(({ failed }) => failed).flatMap(({ moves }) => moves.map(({ name }) => name)))]
  const lines = names.flatMap((name) => [wallOf(attempts, name, 'up'), wallOf(attempts, name, 'down')])
  return lines.filter((line) => line !== null).slice(0, MOST.walls)
}

function wallOf(attempts: readonly Attempt[], name: string, way: 'up' | 'down'): string | null {
  const sign = way === 'up' ? 1 : -1
  const ran = attempts.filter(({ failed }) => !failed).flatMap(({ row }) => numberOf(row.knobs[name]))
  const furthest = Math.max(...ran.map((value) => sign * value))
  const isBeyond = (move: Move) => move.name === name && move.way === way && sign * Number(move.to) > furthest
  const broke = attempts.filter(({ failed, moves }) => failed && moves.length <= 2 && moves.some(isBeyond))
  if (broke.length < 2) return null
  const nearest = sign * Math.min(...broke.map(({ row }) => sign * Number(row.knobs[name])))
  const codes = [...new Set(broke.map(({ row }) => row.error?.code ?? row.status))].join(', ')
  const safe = ran.length === 0 ? '' : `; ${sign * furthest} ran`
  return `${name} ${way}: fails at ${nearest} (${broke.length} times, ${codes})${safe}`
}

function numberOf(value: unknown): number[] {
  return typeof value === 'number' ? [value] : []
}

/** Pairs that were moved together and did, beyond noise, other than the sum of what each does. */
function pairLines(attempts: readonly Attempt[], effects: readonly Effect[]): string[] {
  const effectOf = (move: string) => effects.find((effect) => effect.move === move && effect.tries >= 2)
  const seen = attempts.flatMap(({ moves, deltaBpb, errorBpb, row }) => {
    if (moves.length !== 2 || deltaBpb === null || errorBpb === null) return []
    const [a, b] = moves.map((move) => effectOf(moveName(move)))
    if (!a || !b) return []
    const apart = a.meanBpb + b.meanBpb
    const error = Math.hypot(errorBpb, a.sdBpb, b.sdBpb)
    return [{ a, b, apart, deltaBpb, number: row.number, errors: (deltaBpb - apart) / error }]
  })
  const odd = seen.filter(({ errors }) => Math.abs(errors) > LUCK).sort((a, b) => Math.abs(b.errors) - Math.abs(a.errors))
  return odd.slice(0, MOST.pairs).map(({ a, b, apart, deltaBpb, number, errors }) => {
    const verdict = errors < 0 ? 'help each other' : 'get in each other’s way'
    return `${a.move} with ${b.move}: ${verdict}: ${signed(deltaBpb)} together in #${number}, ${signed(apart)} expected of both`
  })
}

function predictionLines(attempts: readonly Attempt[]): string[] {
  const said = attempts.filter(({ row }) => row.expectedProbability !== null)
  if (said.length < LESSONS_EVERY) return []
  const mean = said.reduce((sum, { row }) => sum + row.expectedProbability!, 0) / said.length
  const kept = said.filter(({ row }) => row.status === 'keep').length / said.length
  return [`Predictions: ${percent(mean)} of keeps were promised, ${percent(kept)} came (${said.length} attempts)`]
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
