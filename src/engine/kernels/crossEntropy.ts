// Kernel of the loss: nats per token and, over the logits, their gradient.

import type { Capabilities, Lowering } from '../kernel'
import { rowKernel, rowLayout, vectorVars } from './launch'
import math from '../../../shaders/lib/math.wgsl?raw'
import source from '../../../shaders/cross_entropy_forward.wgsl?raw'

export interface CrossEntropyShape {
  /** tokens */
  N: number
  /** vocabulary */
  V: number
  /** of the gradient: 1/N for the gradient of a mean */
  scale: number
  gradient: boolean
  /** c > 0: the logits are raw z and the loss is of c·tanh(z/c); 0 = none */
  softcap: number
}

/**
 * Cross-entropy of each row: nats = ln Σ exp(l) − l[target], 0 where the target is below 0.
 * With `gradient` the logits are overwritten by scale·(softmax − onehot), times 1 − tanh²(z/c) under a soft cap.
 * Bindings: logits [N,V] (read and written with `gradient`), targets i32 [N], nats [N] overwritten.
 */
export function crossEntropy(shape: CrossEntropyShape, caps: Capabilities): Lowering {
  const { N, V, scale, gradient, softcap } = shape
  const vector = vectorVars(V)
  const layout = rowLayout(N, vector.UNITS, caps)
  const CAPPED = softcap > 0
  const bindings = [gradient ? 'logits!' : 'logits', 'targets', 'nats!']
  const kernel = rowKernel('cross_entropy_forward', CAPPED ? `${math}\n${source}` : source, bindings, layout, {
    ...vector, ROWS: N, C: V, SCALE: scale, GRADIENT: gradient, CAPPED, CAP: softcap,
    ...(CAPPED ? { UNROLL: 1 } : {}), // tanh outweighs the loop, and compiles slowly enough once
  }) // prettier-ignore
  // a few exponentials for each number that is read
  return { kernels: [{ ...kernel, slowness: 4 }] }
}
