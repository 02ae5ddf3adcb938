// What the box allows. The same numbers go into the prelude (early, with the line of train.js) and are checked
// again on the text that leaves (where they count).

import { KERNEL_LIMITS } from '../graph/wgsl/kernel'

export const LIMITS = {
  sourceChars: 200_000,
  /** of the JSON text that leaves the box */
  outputChars: 1_000_000,
  /** of ten thousand steps each, not of a clock: a program is late on every machine or on none; a real one needs six */
  jobTurns: 1000,
  memoryBytes: 32 * 1024 * 1024,
  /** QuickJS recurses on the host's stack, and a worker's is small */
  stackBytes: 32 * 1024,
  nodes: 20_000,
  params: 2_000,
  groups: 200,
  rank: 6,
  dim: 1 << 24,
  inputs: 64,
  rows: 4096,
  minContext: 8,
  context: 4096,
  accumulate: 1024,
  /** of a custom kernel: inputs, and characters of each of its texts */
  kernelInputs: KERNEL_LIMITS.inputs,
  kernelChars: KERNEL_LIMITS.textChars,
} as const
