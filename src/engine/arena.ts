// Where each parameter lies. One arena for weights, and one of the same layout each for gradients and for the
// two optimiser moments, so that one dispatch can update everything and one copy can save everything.

import type { ProgramSpec } from '../graph/program'
import type { ParamSpec } from '../graph/ir'
import { product } from '../graph/opDef'

/** Offsets are multiples of this many floats: 256 bytes, what WebGPU asks of a storage binding. */
const ARENA_ALIGN = 64

export interface ArenaEntry {
  spec: ParamSpec
  /** index into program.groups */
  group: number
  /** floats */
  offset: number
  size: number
}

/** Equal matrices of one muon group, one after another, so that they are orthogonalised in one batch. */
export interface MuonStackLayout {
  group: number
  rows: number
  cols: number
  count: number
  offset: number
  stride: number
}

export interface ArenaLayout {
  entries: ArenaEntry[]
  byName: Map<string, ArenaEntry>
  stacks: MuonStackLayout[]
  /** floats, padding included */
  total: number
  /** floats, without padding */
  paramCount: number
  /** group of each block of 64 floats */
  groupOf: Uint32Array
}

/**
 * Lays out the parameters group by group, matrices of one shape together. Padding stays zero for ever.
 * @param most floats of a stack, if it has two matrices
 */
export function layoutArena(program: ProgramSpec, most = Infinity): ArenaLayout {
  const groupIndex = new Map<string, number>()
  for (const [i, group] of program.groups.entries()) for (const name of group.params) groupIndex.set(name, i)
  const order = program.graph.params
    .map((spec) => ({ spec, group: groupIndex.get(spec.name)!, key: spec.shape.join('×') }))
    .sort((a, b) => a.group - b.group || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const entries: ArenaEntry[] = []
  const stacks: MuonStackLayout[] = []
  let total = 0
  let paramCount = 0
  for (const { spec, group } of order) {
    const size = product(spec.shape)
    const stride = Math.ceil(size / ARENA_ALIGN) * ARENA_ALIGN
    if (program.groups[group].rule === 'muon') addToStack(stacks, spec, group, total, stride, most)
    entries.push({ spec, group, offset: total, size })
    total += stride
    paramCount += size
  }
  const groupOf = new Uint32Array(total / ARENA_ALIGN)
  for (const [i, entry] of entries.entries()) {
    const end = entries[i + 1]?.offset ?? total
    groupOf.fill(entry.group, entry.offset / ARENA_ALIGN, end / ARENA_ALIGN)
  }
  return { entries, byName: new Map(entries.map((e) => [e.spec.name, e])), stacks, total, paramCount, groupOf }
}

function addToStack(stacks: MuonStackLayout[], spec: ParamSpec, group: number, offset: number, stride: number, most: number): void {
  const [rows, cols] = spec.shape
  const last = stacks.at(-1)
  const same = last && last.group === group && last.rows === rows && last.cols === cols
  if (same && (last.count + 1) * stride <= most) last.count++
  else stacks.push({ group, rows, cols, count: 1, offset, stride })
}
