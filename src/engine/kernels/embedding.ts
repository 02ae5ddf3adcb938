// Kernels of the embedding lookup, and the sort of tokens that lets its gradient gather instead of scatter.

import { LabError } from '../../core/errors'
import type { Capabilities, Lowering } from '../kernel'
import { flatLayout, rowKernel, rowLayout, vectorVars } from './launch'
import backwardSource from '../../../shaders/embedding_backward.wgsl?raw'
import forwardSource from '../../../shaders/embedding_forward.wgsl?raw'

export interface EmbeddingShape {
  /** tokens looked up */
  N: number
  /** rows of the table */
  V: number
  /** columns of the table */
  C: number
}

/**
 * One table row per token: y[n] = table[tokens[n]].
 * Bindings: table [V,C], tokens i32 [N], y [N,C] overwritten.
 */
export function embeddingForward({ N, V, C }: EmbeddingShape, caps: Capabilities): Lowering {
  const vector = vectorVars(C)
  const layout = rowLayout(N, vector.UNITS, caps)
  const vars = { ...vector, ROWS: N, TABLE_ROWS: V }
  return { kernels: [rowKernel('embedding_forward', forwardSource, ['table', 'tokens', 'y!'], layout, vars)] }
}

/**
 * Each table row collects the gradients of its tokens: dTable[v] (+)= Σ over positions n of v of dOut[n],
 * in the order of positions.
 * Bindings: dOut [N,C]; order u32 [N] and starts u32 [V+1] as made by sortTokens; dTable [V,C] overwritten
 * (absent tokens get 0) or, with `accumulate`, added to.
 */
export function embeddingBackward(shape: EmbeddingShape & { accumulate: boolean }, caps: Capabilities): Lowering {
  const { V, C, accumulate } = shape
  const vector = vectorVars(C)
  const layout = flatLayout(V * vector.UNITS, caps)
  const bindings = ['dOut', 'order', 'starts', 'dTable!']
  const vars = { ...vector, TABLE_ROWS: V, ACCUMULATE: accumulate }
  return { kernels: [rowKernel('embedding_backward', backwardSource, bindings, layout, vars)] }
}

/**
 * Sorts positions by token, stably (counting sort); allocates nothing.
 * @param tokens [N], each in [0, V)
 * @param order u32 [N], overwritten: positions of token 0, then of token 1, …
 * @param starts u32 [V+1], overwritten: order[starts[v] .. starts[v+1]) are the positions of token v
 * @throws LabError "program.graph" for a token outside [0, V)
 */
export function sortTokens(
  tokens: Int32Array | Uint32Array,
  V: number,
  order: Uint32Array,
  starts: Uint32Array,
): void {
  starts.fill(0)
  for (let n = 0; n < tokens.length; n++) {
    const token = tokens[n]
    if (token < 0 || token >= V) {
      throw new LabError('program.graph', `token ${token} has no row in an embedding table of ${V} rows`, {
        hint: 'Give every embedding table as many rows as the vocabulary has tokens.',
        data: { token, rows: V },
      })
    }
    starts[token + 1]++
  }
  for (let v = 0; v < V; v++) starts[v + 1] += starts[v]
  // starts[v] serves as the next free slot of v and so ends where v + 1 begins: one place too early
  for (let n = 0; n < tokens.length; n++) order[starts[tokens[n]]++] = n
  starts.copyWithin(1, 0, V)
  starts[0] = 0
}
