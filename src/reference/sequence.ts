// Oracles of the ops that look back along T: shift and depthwise causal convolution.

export interface ShiftShape {
  B: number
  T: number
  C: number
  /** positions moved towards later tokens, >= 0 */
  by: number
}

/**
 * Delays every sequence.
 * y[b,t] = x[b,t−by], zero where t < by
 * @param x [B,T,C]
 * @returns y [B,T,C], new
 */
export function shiftForward(x: Float64Array, { B, T, C, by }: ShiftShape): Float64Array {
  const y = new Float64Array(B * T * C)
  for (let b = 0; b < B; b++) {
    for (let t = by; t < T; t++) {
      for (let c = 0; c < C; c++) y[(b * T + t) * C + c] = x[(b * T + t - by) * C + c]
    }
  }
  return y
}

/**
 * Gradient of shiftForward.
 * dX[b,t] = dOut[b,t+by], zero where t + by ≥ T
 * @param dOut [B,T,C]
 * @returns dX [B,T,C], new
 */
export function shiftBackward(dOut: Float64Array, { B, T, C, by }: ShiftShape): Float64Array {
  const dX = new Float64Array(B * T * C)
  for (let b = 0; b < B; b++) {
    for (let t = by; t < T; t++) {
      for (let c = 0; c < C; c++) dX[(b * T + t - by) * C + c] = dOut[(b * T + t) * C + c]
    }
  }
  return dX
}

export interface ConvShape {
  B: number
  T: number
  C: number
  /** taps per channel; tap k looks k positions back */
  K: number
}

/**
 * Depthwise causal convolution, zeros before the first token.
 * y[b,t,c] = Σ_k w[c,k]·x[b,t−k,c]
 * @param x [B,T,C]
 * @param w [C,K]
 * @returns y [B,T,C], new
 */
export function convForward(x: Float64Array, w: Float64Array, { B, T, C, K }: ConvShape): Float64Array {
  const y = new Float64Array(B * T * C)
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < C; c++) {
        let sum = 0
        for (let k = 0; k < K && k <= t; k++) sum += w[c * K + k] * x[(b * T + t - k) * C + c]
        y[(b * T + t) * C + c] = sum
      }
    }
  }
  return y
}

/**
 * Gradients of convForward.
 * dX[b,s,c] = Σ_k w[c,k]·dOut[b,s+k,c];  dW[c,k] = Σ_{b,t} dOut[b,t,c]·x[b,t−k,c]
 * @param dOut [B,T,C]
 * @param x [B,T,C]
 * @param w [C,K]
 * @returns dX [B,T,C], dW [C,K], both new
 */
export function convBackward(
  dOut: Float64Array,
  x: Float64Array,
  w: Float64Array,
  { B, T, C, K }: ConvShape,
): { dX: Float64Array; dW: Float64Array } {
  const dX = new Float64Array(B * T * C)
  const dW = new Float64Array(C * K)
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < C; c++) {
        const d = dOut[(b * T + t) * C + c]
        for (let k = 0; k < K && k <= t; k++) {
          dX[(b * T + t - k) * C + c] += d * w[c * K + k]
          dW[c * K + k] += d * x[(b * T + t - k) * C + c]
        }
      }
    }
  }
  return { dX, dW }
}
