// Cross-entropy oracle, in nats per token. A negative target means "not counted".

export interface CrossEntropyShape {
  /** rows, one token each */
  N: number
  /** vocabulary */
  V: number
}

function rowLogSumExp(logits: Float64Array, n: number, V: number): number {
  let max = -Infinity
  for (let v = 0; v < V; v++) max = Math.max(max, logits[n * V + v])
  let sum = 0
  for (let v = 0; v < V; v++) sum += Math.exp(logits[n * V + v] - max)
  return max + Math.log(sum)
}

/**
 * Nats per row.
 * nats[n] = ln Σ_v exp(logits[n,v]) − logits[n, target]
 * @param logits [N,V]
 * @param targets [N]; below 0 = not counted
 * @returns nats [N], 0 where not counted, new
 */
export function crossEntropyForward(
  logits: Float64Array,
  targets: Int32Array,
  { N, V }: CrossEntropyShape,
): Float64Array {
  const nats = new Float64Array(N)
  for (let n = 0; n < N; n++) {
    if (targets[n] < 0) continue
    nats[n] = rowLogSumExp(logits, n, V) - logits[n * V + targets[n]]
  }
  return nats
}

/**
 * Gradient of scale·Σ_n nats[n].
 * dLogits[n,v] = scale·(softmax(logits[n])_v − [v = target]), zero rows where not counted
 * @param logits [N,V]
 * @param targets [N]
 * @param scale 1/N for a mean
 * @returns dLogits [N,V], new
 */
export function crossEntropyBackward(
  logits: Float64Array,
  targets: Int32Array,
  { N, V }: CrossEntropyShape,
  scale: number,
): Float64Array {
  const dLogits = new Float64Array(N * V)
  for (let n = 0; n < N; n++) {
    if (targets[n] < 0) continue
    const lse = rowLogSumExp(logits, n, V)
    for (let v = 0; v < V; v++) {
      const p = Math.exp(logits[n * V + v] - lse)
      dLogits[n * V + v] = scale * (p - (v === targets[n] ? 1 : 0))
    }
  }
  return dLogits
}
