// The end of every matrix product as WGSL: bindings, scale, mixture, epilogue, accumulation, mirroring.

import template from '../../../shaders/lib/matmul_store.wgsl?raw'
import type { ElementwiseStep } from '../../graph/tape'
import type { Access } from '../kernel'
import { expandTemplate } from '../template'
import { primitives, stepLines } from './elementwise'

/** The text every product ends with, before expansion. */
export const storeTemplate = template

/** What is done to each value of a product before it is stored. */
export interface Finish {
  /** C = mixture[0]·A·B + mixture[1]·D; the numbers are bound, so that they do not ask for another kernel */
  mix?: boolean
  /** f32 factors of the rows: [M] for NN and NT; for TN [K], applied to both operands' common rows while loading */
  scale?: boolean
  /** elementwise steps: argument 0 is the value, 1… the inputs, [M,N] or broadcast to it; `pre` keeps the value before */
  epilogue?: { inputShapes: readonly (readonly number[])[]; steps: readonly ElementwiseStep[]; pre: boolean }
  /** C += the result */
  accumulate?: boolean
}

export interface StoreLayout {
  M: number
  N: number
  /** M, N and K follow from the lengths of a, b and c; else they are `override`s */
  free: boolean
  /** C's rows are whole vec4s, and so is the distance between the matrices of a batch */
  vec: boolean
  /** tiles may reach past the last row, the last column */
  tailM: boolean
  tailN: boolean
  symmetric: boolean
  /** `scale` belongs to the rows of C (NN, NT), not to the sum */
  scaleRows: boolean
  /** what the product is made from, before c: names and WGSL element types */
  operands: readonly (readonly [name: string, type: string])[]
}

export interface Store {
  bindings: { name: string; access: Access }[]
  /** declarations, then store() and storeBlock() */
  code: string
}

/** Binding names in order: the operands, c, then (if any) d and mixture, scale, e0, e1, …, pre. */
export function matmulStore(finish: Finish, layout: StoreLayout): Store {
  const { vec, N } = layout
  const full = vec ? 'vec4f' : 'f32'
  const bindings: Store['bindings'] = []
  const declarations: string[] = []
  const bind = (name: string, access: Access, type: string) => {
    declarations.push(`@group(0) @binding(${bindings.length}) var<storage, ${access}> ${name}: array<${type}>;`)
    bindings.push({ name, access })
  }
  for (const [name, type] of layout.operands) bind(name, 'read', type)
  bind('c', 'read_write', full)
  if (finish.mix) {
    bind('d', 'read', full)
    bind('mixture', 'read', 'f32')
  }
  if (finish.scale) bind('scale', 'read', 'f32')
  const lines: string[] = []
  const { inputShapes = [], steps = [], pre = false } = finish.epilogue ?? {}
  const read = (name: string) => (vec ? `${name}[at]` : `vec4f(${[...'xyzw'].map((e) => `${name}[at.${e}]`).join(', ')})`)
  for (const [i, shape] of inputShapes.entries()) {
    const [rows, cols] = shape
    const name = `e${i}`
    const wide = cols === N && N > 1
    bind(name, 'read', wide ? full : 'f32')
    lines.push(`  let v${i + 1} = ${wide ? (rows > 1 || layout.M === 1 ? read(name) : alongRow(name, vec)) : `vec4f(${name}[${rows > 1 ? 'row' : '0'}])`};`)
  }
  if (pre) {
    bind('pre', 'read_write', full)
    lines.push(...storePre(vec))
  }
  if (steps.length > 0) lines.push('  let v0 = value;', ...stepLines(steps).map((line) => `  ${line}`), `  value = s${steps.length - 1};`)
  const code = expandTemplate(template, {
    WIDTH: vec ? 4 : 1,
    FREE: layout.free,
    WIDE: layout.operands[0][1] === 'vec4f' ? 4 : 8,
    VEC: vec,
    TAIL_M: layout.tailM,
    TAIL_N: layout.tailN,
    SYMMETRIC: layout.symmetric,
    SCALED: Boolean(finish.scale) && layout.scaleRows,
    MIX: finish.mix ?? false,
    ACC: finish.accumulate ?? false,
    D: read('d'),
    C: read('c'),
    BINDINGS: declarations.join('\n'),
    PRIMITIVES: primitives(steps, true),
    STEPS: lines.join('\n'),
  })
  return { bindings, code }
}

/** Four neighbours of one row that all rows share. */
function alongRow(name: string, vec: boolean): string {
  return vec ? `${name}[col / 4u]` : `vec4f(${[0, 1, 2, 3].map((j) => `${name}[min(col + ${j}u, N - 1u)]`).join(', ')})`
}

function storePre(vec: boolean): string[] {
  if (vec) return ['  pre[at] = value;']
  return [0, 1, 2, 3].flatMap((j) => [`  if (col + ${j}u < N) {`, `    pre[at[${j}]] = value[${j}];`, '  }'])
}
