// Where everything of the staircase goes, as plain numbers, so that it can be tested without a screen.

import type { Experiment } from '../../history/types'

/** a step must be at least this high for a label of 11 px to stand under it */
const LABEL_STEP = 15
const LABEL_CHAR_WIDTH = 6.8

export interface Frame {
  width: number
  height: number
  left: number
  right: number
  top: number
  bottom: number
}

export interface StairPoint {
  row: Experiment
  x: number
  y: number
  mark: 'kept' | 'discarded' | 'failed' | 'baseline' | 'above'
}

export interface StaircaseLayout {
  points: StairPoint[]
  /** what each kept attempt changed, to the left of its bead, where the steps leave room */
  labels: { x: number; y: number; text: string }[]
  /** the running best as an SVG path */
  line: string
  /** the same, closed down to the axis */
  area: string
  band: { y: number; height: number } | null
  floor: { y: number } | null
  /** the floor exists but lies below the drawn range */
  floorBelow: boolean
  ticksY: { y: number; value: number }[]
  ticksX: { x: number; value: number }[]
  decimals: number
  /** pixels between two attempts */
  pitch: number
}

/**
 * Lays out attempts: x is the attempt's number, y its val_bpb (lower is better and lower on the page).
 * The range covers the best and the baseline ± σ; scores far above it are drawn at the top edge, so that one
 * bad attempt does not flatten the staircase. Attempts without a score stand on a rail at the top.
 */
export function layoutStaircase(
  rows: readonly Experiment[],
  frame: Frame,
  options: { sigma: number | null; floor: number | null; showFloor: boolean },
): StaircaseLayout {
  const shown = rows.filter((row) => row.status !== 'running' && row.status !== 'thought')
  const scored = shown.filter((row) => row.valBpb !== null)
  const range = scoreRange(scored, options)
  const lastNumber = Math.max(8, ...shown.map((row) => row.number))
  const plotRight = frame.width - frame.right
  const plotBottom = frame.height - frame.bottom
  const toX = (number: number) => frame.left + ((plotRight - frame.left - 16) * number) / lastNumber + 8
  const toY = (value: number) =>
    frame.top + ((range.max - value) / (range.max - range.min)) * (plotBottom - frame.top)

  const points = shown.map((row): StairPoint => {
    const x = toX(row.number)
    if (row.valBpb === null || !['keep', 'discard', 'baseline'].includes(row.status)) {
      return { row, x, y: frame.top - 14, mark: 'failed' }
    }
    if (row.valBpb > range.max) return { row, x, y: frame.top, mark: 'above' }
    const mark = row.status === 'keep' ? 'kept' : row.status === 'baseline' ? 'baseline' : 'discarded'
    return { row, x, y: toY(row.valBpb), mark }
  })

  const baseline = shown.find((row) => row.status === 'baseline')?.valBpb ?? null
  const line = stairPath(points, plotRight)
  const step = niceStep((range.max - range.min) / 4)
  const { floor } = options
  return {
    points,
    labels: keptLabels(points, frame.left),
    line,
    area: line === '' ? '' : `${line}V${plotBottom}H${firstX(points)}Z`,
    band: baseline !== null && options.sigma
      ? { y: toY(baseline + options.sigma), height: toY(baseline - options.sigma) - toY(baseline + options.sigma) }
      : null,
    floor: scored.length > 0 && floor !== null && floor >= range.min ? { y: toY(floor) } : null,
    floorBelow: floor !== null && floor < range.min,
    ticksY: scored.length === 0 ? [] : multiples(range.min, range.max, step).map((value) => ({ y: toY(value), value })),
    ticksX: multiples(0, lastNumber, Math.max(1, niceStep(lastNumber / 8))).map((value) => ({ x: toX(value), value })),
    pitch: toX(1) - toX(0),
    decimals: Math.max(1, -Math.floor(Math.log10(step) + 1e-9)),
  }
}

function scoreRange(
  rows: readonly Experiment[],
  options: { sigma: number | null; floor: number | null; showFloor: boolean },
): { min: number; max: number } {
  const scores = rows.flatMap((row) => Number.isFinite(row.valBpb) ? [row.valBpb!] : [])
  if (scores.length === 0) return { min: 0, max: 8 }
  const best = Math.min(...scores)
  const baseline = rows.find((row) => row.status === 'baseline')?.valBpb ?? scores[0]
  const sigma = options.sigma ?? 0
  // a lone score has no spread yet, and a range of a thousandth would look as if it had one
  const climb = Math.max(baseline - best, 4 * sigma, (scores.length === 1 ? 0.5 : 0.01) * baseline)
  const common = scores.toSorted((a, b) => a - b)[Math.ceil(0.92 * (scores.length - 1))]
  const top = Math.max(baseline + sigma, Math.min(common, baseline + 0.8 * climb))
  const close = Math.min(best - 0.12 * climb, baseline - sigma)
  const bottom = options.showFloor && options.floor !== null ? Math.min(close, options.floor) : close
  const margin = 0.06 * (top - bottom)
  return { min: bottom - margin, max: top + margin }
}

// Goes level until an attempt is kept, then straight down: a gain holds from the moment it was measured.
function stairPath(points: readonly StairPoint[], right: number): string {
  let path = ''
  for (const point of points) {
    if (path === '' && (point.mark === 'baseline' || point.mark === 'kept')) path = `M${round(point.x)} ${round(point.y)}`
    else if (point.mark === 'kept') path += `H${round(point.x)}V${round(point.y)}`
  }
  return path === '' ? '' : `${path}H${round(right)}`
}

// Below a step and left of its drop the plane is empty: a label fits if the step is higher than the text.
function keptLabels(points: readonly StairPoint[], left: number): StaircaseLayout['labels'] {
  const labels: StaircaseLayout['labels'] = []
  let above = Number.NEGATIVE_INFINITY
  for (const point of points) {
    if (point.mark !== 'kept' && point.mark !== 'baseline') continue
    const room = Math.floor((point.x - 12 - left) / LABEL_CHAR_WIDTH)
    const text = point.row.description
    if (point.mark === 'kept' && point.y - above >= LABEL_STEP && room >= Math.min(16, text.length)) {
      labels.push({ x: point.x - 11, y: point.y + 5, text: text.length > room ? `${text.slice(0, room - 1)}…` : text })
    }
    above = point.y
  }
  return labels
}

function firstX(points: readonly StairPoint[]): number {
  return round(points.find((point) => point.mark === 'baseline' || point.mark === 'kept')?.x ?? 0)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** The smallest of 1, 2, 5 × 10^k that is at least `rough`. */
export function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const lead = rough / power
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10)
}

function multiples(min: number, max: number, step: number): number[] {
  const found: number[] = []
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + 1e-9; i++) found.push(i * step)
  return found
}
