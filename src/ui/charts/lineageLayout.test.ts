import { describe, expect, it } from 'vitest'
import type { Experiment, ExperimentStatus } from '../../history/types'
import { layoutLineage } from './lineageLayout'

function attempt(number: number, status: ExperimentStatus, parentNumber: number | null, parents?: number[]): Experiment {
  return { number, status, parentNumber, valBpb: status === 'crash' ? null : 2, ...(parents && { parents }) } as Experiment
}

const laneOf = (layout: ReturnType<typeof layoutLineage>, number: number) => layout.nodes.find(({ row }) => row.number === number)!.lane

describe('lineage', () => {
  it('keeps what was kept on one line, and hangs what was not below it', () => {
    const layout = layoutLineage([attempt(0, 'baseline', null), attempt(1, 'discard', 0), attempt(2, 'keep', 0), attempt(3, 'crash', 2)], 20)
    expect(layout.lanes).toHaveLength(1)
    expect(layout.nodes.map(({ mark }) => mark)).toEqual(['baseline', 'discarded', 'kept', 'failed'])
    expect(layout.stubs.map(({ number, kind }) => [number, kind])).toEqual([[1, 'tried'], [3, 'tried']])
    const [line] = layout.lanes
    expect(layout.nodes.filter(({ y }) => y === line.y).map(({ row }) => row.number)).toEqual([0, 2])
  })

  it('gives a fork a line of its own, and what is kept from it goes on there', () => {
    const layout = layoutLineage([
      attempt(0, 'baseline', null), attempt(1, 'keep', 0), attempt(2, 'discard', 1),
      attempt(3, 'discard', 0), attempt(4, 'discard', 3), attempt(5, 'keep', 3),
    ], 20)
    // 3 went on from the baseline although 1 was the best, and was itself gone on from
    expect(laneOf(layout, 3)).not.toBe(laneOf(layout, 1))
    expect(laneOf(layout, 5)).toBe(laneOf(layout, 3))
    expect(layout.stubs.find(({ number }) => number === 3)?.kind).toBe('fork')
  })

  it('joins what was put together, and leaves thoughts and strangers out', () => {
    const layout = layoutLineage([
      attempt(0, 'baseline', null), attempt(1, 'discard', 0), attempt(2, 'discard', 0), attempt(3, 'thought', 0), attempt(4, 'keep', 0, [1, 2, 9]),
    ], 20)
    expect(layout.joins.map(({ key }) => key)).toEqual(['1-4', '2-4'])
    expect(layout.nodes.map(({ row }) => row.number)).toEqual([0, 1, 2, 4])
    expect(layout.width).toBeGreaterThan(0)
  })

  it('stays low over 500 attempts with a fork in every ten, and no two lines meet', () => {
    let best = 0
    let fork: number | null = null
    const rows = [attempt(0, 'baseline', null)]
    for (let number = 1; number < 500; number++) {
      // three tries on a fork from some way back, of which the first is gone on from; now and then one is kept
      const isFork = number % 10 >= 7
      if (number % 10 === 7) fork = null
      const status = number % 40 === 5 || number % 90 === 9 ? 'keep' : number % 13 === 0 ? 'crash' : 'discard'
      rows.push(attempt(number, status, isFork ? fork ?? Math.max(0, best - 3 * (number % 4)) : best))
      if (isFork) fork ??= number
      if (status === 'keep') best = number
    }
    const layout = layoutLineage(rows, 22)
    expect(layout.nodes).toHaveLength(500)
    expect(layout.lanes.length).toBeGreaterThan(50)
    expect(layout.height).toBeLessThan(400)
    for (const height of new Set(layout.lanes.map(({ y }) => y))) {
      const ordered = layout.lanes.filter(({ y }) => y === height).toSorted((a, b) => a.from - b.from)
      ordered.slice(1).forEach((lane, k) => expect(lane.from).toBeGreaterThan(ordered[k].to))
    }
  })
})
