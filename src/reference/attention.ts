// Causal attention oracle: one query at a time, its whole row of scores at once.

export interface AttentionShape {
  B: number
  T: number
  /** query heads */
  H: number
  /** key/value heads; divides H, head h reads kv head floor(h / (H/KV)) */
  KV: number
  /** head size */
  D: number
  /** keys looked back besides the query's own: i−window ≤ j ≤ i; 0 = all */
  window: number
  scale: number
  /** cap of the scores; 0 = none */
  softcap: number
}

/** Attention row of query i: probabilities of the keys first..i, and the derivative of each score by its dot. */
interface AttentionRow {
  first: number
  probabilities: Float64Array
  /** d score / d (q·k) */
  slopes: Float64Array
  lse: number
}

function attentionRow(
  q: Float64Array,
  k: Float64Array,
  b: number,
  h: number,
  i: number,
  { T, H, KV, D, window, scale, softcap }: AttentionShape,
): AttentionRow {
  const first = window > 0 ? Math.max(0, i - window) : 0
  const count = i - first + 1
  const kvHead = Math.floor(h / (H / KV))
  const probabilities = new Float64Array(count)
  const slopes = new Float64Array(count)
  const qAt = ((b * T + i) * H + h) * D
  let max = -Infinity
  for (let n = 0; n < count; n++) {
    const kAt = ((b * T + first + n) * KV + kvHead) * D
    let dot = 0
    for (let d = 0; d < D; d++) dot += q[qAt + d] * k[kAt + d]
    if (softcap > 0) {
      const t = Math.tanh((scale * dot) / softcap)
      probabilities[n] = softcap * t
      slopes[n] = scale * (1 - t * t)
    } else {
      probabilities[n] = scale * dot
      slopes[n] = scale
    }
    max = Math.max(max, probabilities[n])
  }
  let sum = 0
  for (let n = 0; n < count; n++) {
    probabilities[n] = Math.exp(probabilities[n] - max)
    sum += probabilities[n]
  }
  for (let n = 0; n < count; n++) probabilities[n] /= sum
  return { first, probabilities, slopes, lse: max + Math.log(sum) }
}

/**
 * Causal multi-head attention with a window, grouped key/value heads and an optional score cap.
 * s_ij = scale·q_i·k_j  (or softcap·tanh(scale·q_i·k_j / softcap)),  out_i = Σ_j softmax_j(s_ij)·v_j
 * @param q [B,T,H,D]
 * @param k [B,T,KV,D]
 * @param v [B,T,KV,D]
 * @returns out [B,T,H,D] and lse [B,H,T] = ln Σ_j exp(s_ij), both new
 * Source: Vaswani et al. 2017, arXiv:1706.03762; grouped heads: Ainslie et al. 2023, arXiv:2305.13245
 */
export function attentionForward(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  shape: AttentionShape,
): { out: Float64Array; lse: Float64Array } {
  const { B, T, H, KV, D } = shape
  const out = new Float64Array(B * T * H * D)
  const lse = new Float64Array(B * H * T)
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const kvHead = Math.floor(h / (H / KV))
      for (let i = 0; i < T; i++) {
        const row = attentionRow(q, k, b, h, i, shape)
        const outAt = ((b * T + i) * H + h) * D
        lse[(b * H + h) * T + i] = row.lse
        for (let n = 0; n < row.probabilities.length; n++) {
          const vAt = ((b * T + row.first + n) * KV + kvHead) * D
          for (let d = 0; d < D; d++) out[outAt + d] += row.probabilities[n] * v[vAt + d]
        }
      }
    }
  }
  return { out, lse }
}

/**
 * Gradients of attentionForward; probabilities are computed again, not saved.
 * dV_j = Σ_i p_ij·dOut_i;  dP_ij = dOut_i·v_j;  dS_ij = p_ij·(dP_ij − Σ_n p_in·dP_in)
 * g_ij = dS_ij·∂s_ij/∂(q_i·k_j);  dQ_i = Σ_j g_ij·k_j;  dK_j = Σ_i g_ij·q_i
 * @param dOut [B,T,H,D]
 * @returns dQ [B,T,H,D], dK and dV [B,T,KV,D] summed over the heads of a group; all new
 */
export function attentionBackward(
  dOut: Float64Array,
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  shape: AttentionShape,
): { dQ: Float64Array; dK: Float64Array; dV: Float64Array } {
  const { B, T, H, KV, D } = shape
  const dQ = new Float64Array(B * T * H * D)
  const dK = new Float64Array(B * T * KV * D)
  const dV = new Float64Array(B * T * KV * D)
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const kvHead = Math.floor(h / (H / KV))
      for (let i = 0; i < T; i++) {
        const { first, probabilities, slopes } = attentionRow(q, k, b, h, i, shape)
        const qAt = ((b * T + i) * H + h) * D
        const dP = new Float64Array(probabilities.length)
        let mean = 0
        for (let n = 0; n < dP.length; n++) {
          const vAt = ((b * T + first + n) * KV + kvHead) * D
          for (let d = 0; d < D; d++) {
            dP[n] += dOut[qAt + d] * v[vAt + d]
            dV[vAt + d] += probabilities[n] * dOut[qAt + d]
          }
          mean += probabilities[n] * dP[n]
        }
        for (let n = 0; n < dP.length; n++) {
          const kAt = ((b * T + first + n) * KV + kvHead) * D
          const g = probabilities[n] * (dP[n] - mean) * slopes[n]
          for (let d = 0; d < D; d++) {
            dQ[qAt + d] += g * k[kAt + d]
            dK[kAt + d] += g * q[qAt + d]
          }
        }
      }
    }
  }
  return { dQ, dK, dV }
}
