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
})
