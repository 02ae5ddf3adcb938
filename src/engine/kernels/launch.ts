// How many invocations share a row, and how many workgroups that makes. A software adapter runs a workgroup on
// one core, four invocations at a time, and pays dearly for barriers: one row per invocation, few workgroups.
// A GPU wants neighbouring invocations on neighbouring memory: many lanes per row.

import { expandTemplate, type TemplateVars } from '../template'
import { grid, type Access, type Capabilities, type Kernel } from '../kernel'
import rows from '../../../shaders/lib/rows.wgsl?raw'
import strided from '../../../shaders/lib/strided.wgsl?raw'

/** Invocations per row (a power of two), per workgroup, and the folded grid. */
export interface Layout {
  lanes: number
  workgroup: number
  workgroups: [number, number, number]
}

/**
 * Shares `count` independent rows of `units` loads each among invocations.
 * @param units vec4 or f32 loads per row
 */
export function rowLayout(count: number, units: number, caps: Capabilities): Layout {
  if (caps.software) return flatLayout(count, caps)
  const most = Math.min(units >= 1024 ? 256 : 64, caps.maxInvocationsPerWorkgroup)
  const lanes = Math.min(powerOfTwo(units), most)
  const workgroup = Math.max(lanes, 64)
  return { lanes, workgroup, workgroups: grid(Math.ceil((count * lanes) / workgroup), caps) }
}

/** One invocation per item; software adapters get at least 16 workgroups, their number of batches, if they can. */
export function flatLayout(count: number, caps: Capabilities): Layout {
  const workgroup = caps.software ? Math.min(64, Math.max(4, powerOfTwo(Math.ceil(count / 16)))) : 64
  return { lanes: 1, workgroup, workgroups: grid(Math.ceil(count / workgroup), caps) }
}

/** The smallest power of two that is at least n. */
export function powerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, n)))
}

/** Vector width for rows of `length`: the template variables V (type), VEC (width) and UNITS (loads per row). */
export function vectorVars(length: number): { V: string; VEC: number; UNITS: number } {
  return length % 4 === 0 ? { V: 'vec4f', VEC: 4, UNITS: length / 4 } : { V: 'f32', VEC: 1, UNITS: length }
}

/**
 * Builds a kernel from a shader of one layout, with the row sums of shaders/lib/rows.wgsl in front.
 * @param vars the shader's own template variables, UNITS the length of its loops; V defaults to vec4f, SUM to f32
 * @param bindings `name` read, `name!` read and written, in binding order
 */
export function rowKernel(
  name: string,
  source: string,
  bindings: string[],
  layout: Layout,
  vars: TemplateVars,
): Kernel {
  const { lanes: LANES, workgroup: WG, workgroups } = layout
  // on a software adapter the bookkeeping of a loop costs as much as its body; GPUs unroll for themselves
  const UNROLL = LANES > 1 ? 1 : ([4, 3, 2].find((n) => Number(vars.UNITS) % n === 0) ?? 1)
  const code = expandTemplate(`${rows}\n${source}`, {
    V: 'vec4f', VEC: 4, SUM: 'f32', WG, LANES, UNROLL, GRID_X: workgroups[0], ...vars,
  }) // prettier-ignore
  return { name, code, bindings: bindings.map(binding), workgroups }
}

/**
 * Builds a kernel from a shader that says what becomes of one element; shaders/lib/strided.wgsl goes over all `count`.
 * @param vars the shader's own template variables
 * @param bindings `name` read, `name!` read and written, in binding order
 */
export function stridedKernel(name: string, source: string, bindings: string[], count: number, vars: TemplateVars, caps: Capabilities): Kernel {
  const code = expandTemplate(`${source}\n${strided}`, { ...vars, COUNT: count })
  return { name, code, bindings: bindings.map(binding), workgroups: stridedGrid(count, caps) }
}

/** Items of a grid-strided loop that one workgroup goes over at most. */
const STRIDED_ITEMS = 2 ** 16

/**
 * Workgroups of 64 for a grid-strided loop over `count` items: on software few, since each costs more to start than its
 * work, but none with work for long.
 */
function stridedGrid(count: number, caps: Capabilities): [number, number, number] {
  const wanted = Math.ceil(count / 64)
  return grid(caps.software ? Math.min(wanted, Math.max(16, Math.ceil(count / STRIDED_ITEMS))) : wanted, caps)
}

function binding(text: string): { name: string; access: Access } {
  return text.endsWith('!') ? { name: text.slice(0, -1), access: 'read_write' } : { name: text, access: 'read' }
}
