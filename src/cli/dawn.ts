// WebGPU in Node: Dawn, and what a software adapter under it needs.

import { setPriority } from 'node:os'
import { create, globals } from 'webgpu'

/** Whether the person asked for what is not settled yet: ASSAY_EXPERIMENTAL=subgroup-matrix, for matrix units. */
export const experimental = process.env.ASSAY_EXPERIMENTAL === 'subgroup-matrix'

/** Puts WebGPU's globals in place and opens Dawn. Call once in a process. */
export function openDawn(): GPU {
  Object.assign(globalThis, globals)
  // as in a browser, timestamps are made coarse unless one asks; a profile wants them as they are
  const unsafe = experimental ? ['enable-dawn-features=allow_unsafe_apis'] : []
  const gpu = create(['disable-dawn-features=timestamp_quantization', ...unsafe])
  // Dawn's instance must outlive every device made from it, and nothing else keeps it
  Object.defineProperty(globalThis, 'dawnInstance', { value: gpu })
  return gpu
}

/**
 * Lets a software adapter have the processor. Node's binding waits for the GPU by polling: the main thread spins while
 * the adapter's own threads work. On Linux a thread's priority is its own: lowered a little here for the main thread,
 * after the driver has started its threads. Not further, or a busy machine would starve compilation.
 */
export function yieldToDriver(): void {
  if (process.platform === 'linux') setPriority(process.pid, 5)
}
