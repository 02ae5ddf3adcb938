// Kernel of dropout, forward and backward.

import type { Capabilities, Lowering } from '../kernel'
import { flatLayout, rowKernel, vectorVars } from './launch'
import source from '../../../shaders/dropout_forward.wgsl?raw'

export interface DropoutShape {
  /** elements */
  count: number
  /** probability of zeroing an element, 0 <= rate < 1 */
  rate: number
  /** index of the graph's node: each draws a mask of its own */
  node: number
}

/**
 * Inverted dropout: y = x / (1 − rate) where kept, else 0. The mask depends only on stepState, the node and the
 * element, so the same kernel on dOut is the backward pass.
 * Bindings: x [count], stepState u32 [4] (seed, step, micro-step, 0), y [count] overwritten.
 * Source: Srivastava et al. 2014
 */
export function dropout({ count, rate, node }: DropoutShape, caps: Capabilities): Lowering {
  const vector = vectorVars(count)
  const perInvocation = caps.software ? 16 : 1
  const layout = flatLayout(Math.ceil(vector.UNITS / perInvocation), caps)
  const kernel = rowKernel('dropout_forward', source, ['x', 'stepState', 'y!'], layout, {
    ...vector,
    PER: perInvocation,
    NODE: node,
    THRESHOLD: Math.floor(rate * 2 ** 32),
    KEEP_SCALE: 1 / (1 - rate),
  })
  return { kernels: [kernel] }
}
