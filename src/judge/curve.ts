/** A loss curve of at most `most` [step, loss] pairs; longer ones are averaged over equal runs of steps. */
export function thinCurve(losses: readonly number[], most = 500): Float32Array {
  const buckets = Math.min(most, losses.length)
  const out = new Float32Array(buckets * 2)
  for (let i = 0; i < buckets; i++) {
    const from = Math.floor((i * losses.length) / buckets)
    const to = Math.floor(((i + 1) * losses.length) / buckets)
    let sum = 0
    for (let j = from; j < to; j++) sum += losses[j]
    out[2 * i] = to
    out[2 * i + 1] = sum / (to - from)
  }
  return out
}
