// A duel on a terminal: a table, what the tests say, and a curve of characters.

import { freshMean } from '../research/duel/report'
import { meanCurve, signedText, testLines } from '../research/duel/words'
import type { DuelPair, DuelReport, DuelSide } from '../worker/researchProtocol'

const bpb = (value: number | null | undefined) => value?.toFixed(4) ?? '–'

/** What a side has just come to. */
export function sideLine(pair: DuelPair, controller: string, side: DuelSide, isMeasured: boolean): string {
  const head = `Seed ${pair.seed}, ${controller}:`
  if (isMeasured) return `${head} ${bpb(freshMean(pair, side))} on ${side.freshScores.length} fresh seeds`
  const ended = side.ended === null ? '' : `; ended early: ${side.ended}`
  return `${head} ${bpb(side.curve[0])} → ${bpb(side.selectionBpb)}, ${side.keeps} of ${Math.max(0, side.curve.length - 1)} kept, ${side.fullRuns.toFixed(0)} runs${ended}`
}

/** The report: a line a pair, the tests by fresh scores and by those the bests were chosen by, and the curve. */
export function duelLines(report: DuelReport): string[] {
  const { options, pairs } = report
  const { a, b } = options
  const head = ['seed', 'baseline', `${a}: chosen by`, 'fresh', 'kept', 'failed', 'runs', `${b}: chosen by`, 'fresh', 'kept', 'failed', 'runs', 'fresh, difference']
  const cells = pairs.map((pair) => {
    const [freshA, freshB] = [freshMean(pair, pair.a), freshMean(pair, pair.b)]
    const side = (its: DuelSide, fresh: number | null) => [bpb(its.selectionBpb), bpb(fresh), String(its.keeps), String(its.failures), its.fullRuns.toFixed(0)]
    const difference = freshA === null || freshB === null ? '–' : signedText(freshA - freshB)
    return [String(pair.seed), bpb(pair.a.curve[0] ?? pair.b.curve[0]), ...side(pair.a, freshA), ...side(pair.b, freshB), difference]
  })
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i].length)))
  const table = [head, ...cells].map((line) => line.map((cell, i) => cell.padStart(widths[i])).join('  '))
  return [
    '',
    ...table,
    '',
    `On fresh seeds (${options.fresh} a pair), which is what counts:`,
    ...testLines(report, report.fresh).map((line) => `  ${line}`),
    'By the scores that the bests were chosen by:',
    ...testLines(report, report.selection).map((line) => `  ${line}`),
    ...curveLines(report),
    ...(report.finished ? [] : ['Not finished: the same command goes on.']),
  ]
}

const ROWS = 10
const COLUMNS = 64

/** Best so far, mean over the pairs, by experiment: a and b by their letters, x where they meet. */
export function curveLines(report: DuelReport): string[] {
  const [a, b] = [meanCurve(report, 'a'), meanCurve(report, 'b')]
  const length = Math.min(a.length, b.length)
  if (length < 2) return []
  const values = [...a.slice(0, length), ...b.slice(0, length)]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  if (low === high) return []
  const columns = Math.min(COLUMNS, length)
  const at = (curve: number[], column: number) => {
    const value = curve[Math.round((column * (length - 1)) / (columns - 1))]
    return Math.round(((high - value) / (high - low)) * (ROWS - 1))
  }
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const label = row === 0 ? high.toFixed(4) : row === ROWS - 1 ? low.toFixed(4) : ''
    const points = Array.from({ length: columns }, (_, column) => {
      const [isA, isB] = [at(a, column) === row, at(b, column) === row]
      return isA && isB ? 'x' : isA ? 'a' : isB ? 'b' : ' '
    })
    return `${label.padStart(8)} │${points.join('').trimEnd()}`
  })
  const { options } = report
  return ['', `Best so far by the labs' own decisions, mean over pairs: a ${options.a}, b ${options.b}, x both`, ...lines, `         └${'─'.repeat(columns)} ${length - 1} experiments`]
}
