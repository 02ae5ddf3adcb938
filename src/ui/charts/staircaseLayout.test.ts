import { describe, expect, it } from 'vitest'
import type { Experiment, ExperimentStatus } from '../../history/types'
import { layoutStaircase, niceStep } from './staircaseLayout'

const FRAME = { width: 600, height: 300, left: 40, right: 10, top: 30, bottom: 30 }
const OPTIONS = { sigma: 0.01, floor: 1, showFloor: false }

function row(number: number, status: ExperimentStatus, valBpb: number | null): Experiment {
  return {
    labId: 'a', number, status, proposer: 'random', hypothesis: '', description: `edit ${number}`, category: 'lr',
    expectedDelta: null, expectedProbability: null, commit: '', parentCommit: '', parentNumber: null, createdAt: 0,
    finishedAt: null, seeds: [], scores: [], valBpb, hiddenBpb: null, deltaBpb: null, reason: '', gates: [],
    measurements: null, error: null, programHash: '', knobs: {},
  }
}

const ROWS = [
  row(0, 'baseline', 2),
  row(1, 'discard', 2.05),
  row(2, 'keep', 1.9),
  row(3, 'crash', null),
  row(4, 'discard', 9),
  row(5, 'keep', 1.8),
  row(6, 'running', null),
]

describe('layoutStaircase', () => {
  const layout = layoutStaircase(ROWS, FRAME, OPTIONS)
  const mark = (number: number) => layout.points.find((point) => point.row.number === number)

  it('draws every decided attempt inside the frame, lower scores lower', () => {
    expect(layout.points).toHaveLength(6)
    for (const { x, y } of layout.points) {
      expect(x).toBeGreaterThanOrEqual(FRAME.left)
      expect(x).toBeLessThanOrEqual(FRAME.width - FRAME.right)
      expect(y).toBeGreaterThan(0)
      expect(y).toBeLessThanOrEqual(FRAME.height - FRAME.bottom)
    }
    expect(mark(5)!.y).toBeGreaterThan(mark(2)!.y)
    expect(mark(2)!.y).toBeGreaterThan(mark(0)!.y)
  })

  it('tells apart what counts, what does not, what has no score and what is off the range', () => {
    expect(layout.points.map((point) => point.mark)).toEqual([
      'baseline', 'discarded', 'kept', 'failed', 'above', 'kept',
    ])
  })

  it('steps down only where an attempt was kept', () => {
    expect(layout.line.match(/V/g)).toHaveLength(2)
  })

  it('shows the floor only when asked, and says when it is below', () => {
    expect(layout.floor).toBeNull()
    expect(layout.floorBelow).toBe(true)
    const whole = layoutStaircase(ROWS, FRAME, { ...OPTIONS, showFloor: true })
    expect(whole.floorBelow).toBe(false)
    expect(whole.floor!.y).toBeGreaterThan(whole.points.at(-1)!.y)
  })

  it('holds 500 attempts in its frame, and says how close they stand', () => {
    const many = Array.from({ length: 500 }, (_, k) => row(k, k === 0 ? 'baseline' : k % 50 === 1 ? 'keep' : k % 13 === 0 ? 'crash' : 'discard', k % 13 === 0 && k > 0 ? null : 2 - (k - (k % 50)) / 1000 + (k % 7) / 100))
    const { points, pitch, ticksX } = layoutStaircase(many, FRAME, OPTIONS)
    expect(points).toHaveLength(500)
    expect(points.every(({ x }) => x >= FRAME.left && x <= FRAME.width - FRAME.right)).toBe(true)
    expect(points[101].x - points[100].x).toBeCloseTo(pitch, 9)
    expect(ticksX.length).toBeLessThanOrEqual(10)
  })

  it('has nothing to draw before the first score', () => {
    const empty = layoutStaircase([row(0, 'running', null)], FRAME, OPTIONS)
    expect(empty.points).toEqual([])
    expect(empty.line).toBe('')
    expect(empty.ticksY).toEqual([])
  })

  it('keeps the noise band inside the frame, even when noise is all there is', () => {
    const { band } = layoutStaircase([row(0, 'baseline', 3.68)], FRAME, { ...OPTIONS, sigma: 0.08 })
    expect(band!.y).toBeGreaterThanOrEqual(FRAME.top)
    expect(band!.y + band!.height).toBeLessThanOrEqual(FRAME.height - FRAME.bottom)
  })

  it('does not stretch a lone score over the whole height', () => {
    const { ticksY } = layoutStaircase([row(0, 'baseline', 2)], FRAME, { ...OPTIONS, sigma: null })
    expect(ticksY.length).toBeGreaterThan(1)
    expect(ticksY[1].value - ticksY[0].value).toBeGreaterThanOrEqual(0.05)
  })

  it('survives a lab whose scores are all the same', () => {
    const flat = layoutStaircase([row(0, 'baseline', 2), row(1, 'discard', 2)], FRAME, { ...OPTIONS, sigma: null })
    for (const { y } of flat.points) expect(Number.isFinite(y)).toBe(true)
  })
})

describe('niceStep', () => {
  it('rounds up to 1, 2 or 5 times a power of ten', () => {
    expect([0.03, 0.011, 1, 7, 23].map(niceStep)).toEqual([0.05, 0.02, 1, 10, 50])
  })
})
