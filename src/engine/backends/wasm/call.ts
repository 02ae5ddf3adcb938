// What an op is to this backend: calls of kernels, each cut by units among threads.

import type { Lowering } from '../../kernel'
import type { KernelName } from './kernels'

/** A pointer that no tensor is behind. */
export const NONE = ''
/** The calling thread's own scratch memory. */
export const SCRATCH = 'scratch'

export interface WasmCall {
  fn: KernelName
  /** what [begin, end) may be cut from */
  units: number
  /** binding names in the order of the kernel's parameters; NONE for null, SCRATCH for the thread's scratch */
  pointers: string[]
  ints: number[]
  floats: number[]
  /** of SCRATCH, per thread */
  scratchBytes: number
  /** multiply-adds × 2; 0 when it only moves data */
  flops: number
}

/** Calls in order (each needs the whole of those before it), and what they bind besides tensors. */
export interface WasmLowering {
  calls: WasmCall[]
  /** bytes of memory that lives from the first to the last of the calls, by binding name */
  temporaries?: Record<string, number>
  /** contents that never change, by binding name; equal ones may be the same array */
  constants?: Record<string, Float32Array | Int32Array>
}

export function call(
  fn: KernelName,
  units: number,
  pointers: string[],
  ints: number[],
  floats: number[] = [],
  { scratchBytes = 0, flops = 0 } = {},
): WasmCall {
  return { fn, units, pointers, ints, floats, scratchBytes, flops }
}

/** The same in the planner's words: each call a kernel whose bindings are its pointers, in order. */
export function lowering({ calls, temporaries, constants }: WasmLowering): Lowering {
  const kernels = calls.map((one) => {
    const bindings = one.pointers.filter(isBinding).map((name) => ({ name, access: 'read_write' as const }))
    return { name: one.fn, code: '', bindings, workgroups: [one.units, 1, 1] as const, flops: one.flops, call: one }
  })
  return { kernels, scratch: temporaries, constants }
}

/** Whether a pointer is bound to memory of the plan. */
function isBinding(pointer: string): boolean {
  return pointer !== NONE && pointer !== SCRATCH
}
