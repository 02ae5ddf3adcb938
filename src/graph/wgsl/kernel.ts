// A custom kernel as the graph knows it: what g.wgsl was given, checked, and the two texts as they will be compiled.
// Its author writes the bodies of functions; bindings, entry point, indices and bounds are written by the frozen side
// (src/engine/kernels/custom.ts), so a kernel has nothing to name another token, row or buffer with.

import type { Attrs } from '../ir'

/**
 * One of the author's two texts, printed again from its syntax tree with every name prefixed and a counter in every
 * loop. One call costs at most `straight + trips · body` operations.
 */
export interface KernelText {
  code: string
  /** line of the author's text for each line of `code`; 0 for lines of ours */
  lines: readonly number[]
  straight: number
  body: number
}

export interface KernelInput {
  name: string
  /** elements a token when `batch`, else of the whole */
  size: number
  batch: boolean
}

/**
 * token — called once a token and lane: sees that token's slice of each input, and no other.
 * row — called for t = 0 … T−1 (backward: T−1 … 0) of each row of the batch and lane, in order, with a memory of its own
 *   that lasts from call to call: forward sees its inputs up to t, backward the whole row.
 */
export interface CustomKernel {
  name: string
  per: 'token' | 'row'
  /** invocations that share a token; lane l may write the elements e with e mod lanes = l, and only those */
  lanes: number
  /** floats of memory a lane has, zero before the first call; per row only */
  state: number
  /** loop iterations that one call may make, all its loops together */
  trips: number
  inputs: readonly KernelInput[]
  /** elements a token of the output */
  size: number
  forward: KernelText
  backward: KernelText
}

/** What a kernel may be at most. */
export const KERNEL_LIMITS = {
  /** of each of the two texts */
  textChars: 8_000,
  inputs: 4,
  lanes: 4_096,
  state: 256,
  trips: 65_536,
  functions: 16,
  /** brackets within brackets */
  nesting: 24,
  /** elements of one array, and of all arrays of a text */
  array: 256,
  arrays: 1_024,
  /** operations written down, with every call replaced by what it calls: compilers do just that */
  operations: 4_000,
  /** elements of a parameter whose gradient the kernel computes: each token (per row: row) has a copy of its own */
  paramSize: 65_536,
  /** different kernels, and uses of any, in one program */
  kernels: 16,
  uses: 256,
} as const

/** The attributes that preparing adds to a node's own: no program can name them (src/sandbox/parseProgram.ts). */
export function preparedAttrs(forward: KernelText, backward: KernelText): Attrs {
  return {
    forwardCode: forward.code,
    forwardLines: [...forward.lines],
    forwardCost: [forward.straight, forward.body],
    backwardCode: backward.code,
    backwardLines: [...backward.lines],
    backwardCost: [backward.straight, backward.body],
  }
}

/** A prepared text of a node, or null before the node is prepared. */
export function preparedText(attrs: Attrs, which: 'forward' | 'backward'): KernelText | null {
  const [code, lines, cost] = [attrs[`${which}Code`], attrs[`${which}Lines`], attrs[`${which}Cost`]]
  if (typeof code !== 'string' || !Array.isArray(lines) || !Array.isArray(cost)) return null
  return { code, lines, straight: cost[0], body: cost[1] }
}

/** Operations that one call of a text may take at most. */
export function callCost({ straight, body }: KernelText, trips: number): number {
  return straight + trips * body
}

/** Whether a printed text calls a function of ours, at the current token or at another. */
export function calls({ code }: KernelText, name: string): boolean {
  return code.includes(`${name}(`) || code.includes(`${name}_at(`)
}

/** Indices of the inputs that a text reads. */
export function inputsRead(kernel: CustomKernel, text: KernelText): number[] {
  return kernel.inputs.map((_, i) => i).filter((i) => calls(text, `get_${kernel.inputs[i].name}`))
}
