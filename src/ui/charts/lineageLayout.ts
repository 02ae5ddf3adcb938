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
 * or went on, from anywhere else begins a line below; all others hang on the line they started from. A line that has
 * ended leaves its height to a later one, so that a long record does not grow downwards with every fork.
 * @param step pixels between two attempts
 */
export function layoutLineage(rows: readonly Experiment[], step: number): LineageLayout {
  const shown = rows.filter(({ status }) => status !== 'thought').toSorted((a, b) => a.number - b.number)
  const { places, lines } = descend(shown, step)
  const heights = stack(lines, step)
  const nodes = places.map(({ row, x, lane, hangs, mark }): LineageNode => ({ row, x, y: heights[lane] + (hangs ? STUB : 0), lane, mark }))
  const byNumber = new Map(nodes.map((node) => [node.row.number, node]))
  const stubs: LineageLayout['stubs'] = []
  const joins: LineageLayout['joins'] = []
  places.forEach(({ row, x, lane, hangs, forksAt }, index) => {
    const { y } = nodes[index]
    const parent = row.parentNumber === null ? undefined : byNumber.get(row.parentNumber)
    if (hangs) stubs.push({ number: row.number, path: `M${x} ${heights[lane]}V${y}`, kind: 'tried' })
    else if (parent && forksAt !== null) stubs.push({ number: row.number, path: `M${forksAt} ${parent.y}C${forksAt} ${y} ${forksAt} ${y} ${x} ${y}`, kind: 'fork' })
    for (const number of row.parents ?? []) {
      const from = byNumber.get(number)
      if (from && from !== parent && from.x < x) joins.push({ key: `${number}-${row.number}`, path: curve(from, nodes[index]) })
    }
  })
  const lanes = lines.map(({ from, to }, lane) => ({ lane, y: heights[lane], from, to }))
  const lowest = Math.max(TOP, ...nodes.map(({ y }) => y))
  return { nodes, lanes, stubs, joins, width: LEFT * 2 + Math.max(0, shown.length - 1) * step, height: lowest + 24 }
}

interface Place {
  row: Experiment
  x: number
  lane: number
  hangs: boolean
  /** where it leaves its parent's line; null where it stays on it */
  forksAt: number | null
  mark: LineageNode['mark']
}

/** A line of descent: from its first attempt, and from where it leaves another line, to the last that hangs on it. */
interface Line {
  leaves: number
  from: number
  to: number
}

/** Which attempt is on which line of descent, and how far each line goes. */
function descend(shown: readonly Experiment[], step: number): { places: Place[]; lines: Line[] } {
  const isParent = new Set(shown.map(({ parentNumber }) => parentNumber))
  const placed = new Map<number, Place>()
  const lines: Line[] = []
  const tips: number[] = []
  shown.forEach((row, index) => {
    const x = LEFT + index * step
    const parent = row.parentNumber === null ? undefined : placed.get(row.parentNumber)
    const mark = markOf(row)
    const goesOn = parent !== undefined && mark === 'kept' && tips[parent.lane] === parent.row.number
    const begins = !parent || (!goesOn && (mark === 'kept' || isParent.has(row.number)))
    const forksAt = parent && begins ? Math.max(x - step / 2, parent.x) : null
    if (begins) lines.push({ leaves: forksAt ?? x, from: x, to: x })
    const lane = parent && !begins ? parent.lane : lines.length - 1
    const hangs = !begins && !goesOn
    if (parent && forksAt !== null) lines[parent.lane].to = Math.max(lines[parent.lane].to, forksAt)
    lines[lane].to = Math.max(lines[lane].to, x)
    if (!hangs) tips[lane] = row.number
    placed.set(row.number, { row, x, lane, hangs, forksAt, mark })
  })
  return { places: [...placed.values()], lines }
}

/** The height of each line: the first at which nothing else is drawn as long as it goes. */
function stack(lines: readonly Line[], step: number): number[] {
  const ends: number[] = []
  return lines.map(({ leaves, to }) => {
    const free = ends.findIndex((end) => end + step < leaves)
    const row = free < 0 ? ends.length : free
    ends[row] = to
    return TOP + row * LANE
  })
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
