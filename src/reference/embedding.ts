// Embedding lookup oracle.

export interface EmbeddingShape {
  /** tokens looked up */
  N: number
  /** rows of the table */
  V: number
  /** columns of the table */
  C: number
}

/**
 * One table row per token.
 * y[n] = table[tokens[n]]
 * @param table [V,C]
 * @param tokens [N], each in [0, V)
 * @returns y [N,C], new
 */
export function embeddingForward(table: Float64Array, tokens: Int32Array, { N, C }: EmbeddingShape): Float64Array {
  const y = new Float64Array(N * C)
  for (let n = 0; n < N; n++) {
    for (let c = 0; c < C; c++) y[n * C + c] = table[tokens[n] * C + c]
  }
  return y
}

/**
 * Gradient of embeddingForward: each table row collects the gradients of all its tokens.
 * dTable[v] = Σ_{n: tokens[n] = v} dOut[n]
 * @param dOut [N,C]
 * @param tokens [N]
 * @returns dTable [V,C], new
 */
export function embeddingBackward(dOut: Float64Array, tokens: Int32Array, { N, V, C }: EmbeddingShape): Float64Array {
  const dTable = new Float64Array(V * C)
  for (let n = 0; n < N; n++) {
    for (let c = 0; c < C; c++) dTable[tokens[n] * C + c] += dOut[n * C + c]
  }
  return dTable
}
