// Where everything of the lineage goes, as plain numbers: which attempt started from which, drawn as lines of descent.

import type { Experiment } from '../../history/types'

export const LANE = 46
const STUB = 20
const LEFT = 18
const TOP = 28

export interface LineageNode {
  row: Experiment
  x: number
  y: number
  lane: number
  mark: 'kept' | 'discarded' | 'failed' | 'baseline'
}

export interface LineageLayout {
  nodes: LineageNode[]
  /** one line of descent each: from its first attempt to the last that hangs on it */
  lanes: { lane: number; y: number; from: number; to: number }[]
  /** an attempt hangs on the line of its parent; a fork begins a line of its own */
  stubs: { number: number; path: string; kind: 'tried' | 'fork' }[]
  /** from each attempt whose change was put together to where it went */
  joins: { key: string; path: string }[]
  width: number
  height: number
}

/**
 * Lays out attempts by number from left to right. What was kept from the tip of a line goes on along it; what was kept,
 * or went on, from anywhere else begins a line below; all others hang on the line they started from.
 * @param step pixels between two attempts
 */
export function layoutLineage(rows: readonly Experiment[], step: number): LineageLayout {
  const shown = rows.filter(({ status }) => status !== 'thought').toSorted((a, b) => a.number - b.number)
  const isParent = new Set(shown.map(({ parentNumber }) => parentNumber))
  const placed = new Map<number, LineageNode>()
  const lanes: LineageLayout['lanes'] = []
  const tips: number[] = []
  const stubs: LineageLayout['stubs'] = []
  const joins: LineageLayout['joins'] = []

  const open = (x: number) => {
    lanes.push({ lane: lanes.length, y: TOP + lanes.length * LANE, from: x, to: x })
    return lanes.length - 1
  }
  shown.forEach((row, index) => {
    const x = LEFT + index * step
    const parent = row.parentNumber === null ? undefined : placed.get(row.parentNumber)
    const mark = markOf(row)
    let lane: number
    let y: number
    if (!parent) {
      lane = open(x)
      y = lanes[lane].y
    } else if (mark === 'kept' && tips[parent.lane] === parent.row.number) {
      lane = parent.lane
      y = lanes[lane].y
    } else if (mark === 'kept' || isParent.has(row.number)) {
      lane = open(x)
      y = lanes[lane].y
      reachTo(lanes[parent.lane], x - step / 2)
      stubs.push({ number: row.number, path: bend(x - step / 2, parent, lanes[parent.lane].y, x, y), kind: 'fork' })
    } else {
      lane = parent.lane
      y = lanes[lane].y + STUB
      stubs.push({ number: row.number, path: `M${x} ${lanes[lane].y}V${y}`, kind: 'tried' })
    }
    const hangs = y !== lanes[lane].y
    reachTo(lanes[lane], x)
    if (!hangs) tips[lane] = row.number
    const node = { row, x, y, lane, mark }
    placed.set(row.number, node)
    for (const number of row.parents ?? []) {
      const from = placed.get(number)
      if (from && from !== parent) joins.push({ key: `${number}-${row.number}`, path: curve(from, node) })
    }
  })
  const lowest = Math.max(TOP, ...[...placed.values()].map(({ y }) => y))
  return { nodes: [...placed.values()], lanes, stubs, joins, width: LEFT * 2 + Math.max(0, shown.length - 1) * step, height: lowest + 24 }
}

function reachTo(lane: LineageLayout['lanes'][number], x: number): void {
  lane.to = Math.max(lane.to, x)
}

/** Leaves the parent's line and bends into another; one that hangs is left where it hangs. */
function bend(atX: number, parent: LineageNode, laneY: number, x: number, y: number): string {
  const startX = parent.y === laneY ? Math.max(atX, parent.x) : parent.x
  const startY = parent.y === laneY ? laneY : parent.y
  return `M${startX} ${startY}C${startX} ${y} ${startX} ${y} ${x} ${y}`
}

function curve(from: LineageNode, to: LineageNode): string {
  const deep = Math.max(from.y, to.y) + 16
  return `M${from.x} ${from.y}C${from.x} ${deep} ${to.x} ${deep} ${to.x} ${to.y}`
}

function markOf({ status, valBpb }: Experiment): LineageNode['mark'] {
  if (status === 'baseline') return 'baseline'
  if (status === 'keep') return 'kept'
  return status === 'discard' && valBpb !== null ? 'discarded' : 'failed'
}
