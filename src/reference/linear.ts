// Linear layer oracle. Plain loops in float64; slow on purpose, so that it can be read and trusted.

export interface LinearShape {
  /** rows of x */
  M: number
  /** columns of x and of w */
  K: number
  /** rows of w */
  N: number
}

/**
 * Linear map of every row.
 * y[m,n] = Σ_k x[m,k]·w[n,k] + bias[n]
 * @param x [M,K]
 * @param w [N,K]
 * @param bias [N], or null for none
 * @returns y [M,N], new
 */
export function linearForward(
  x: Float64Array,
  w: Float64Array,
  bias: Float64Array | null,
  { M, K, N }: LinearShape,
): Float64Array {
  const y = new Float64Array(M * N)
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = bias ? bias[n] : 0
      for (let k = 0; k < K; k++) sum += x[m * K + k] * w[n * K + k]
      y[m * N + n] = sum
    }
  }
  return y
}

/**
 * Gradients of linearForward.
 * dX = dOut·w;  dW = dOutᵀ·x;  dBias[n] = Σ_m dOut[m,n]
 * @param dOut [M,N]
 * @param x [M,K]
 * @param w [N,K]
 * @returns dX [M,K], dW [N,K], dBias [N], all new; ignore dBias when there was no bias
 */
export function linearBackward(
  dOut: Float64Array,
  x: Float64Array,
  w: Float64Array,
  { M, K, N }: LinearShape,
): { dX: Float64Array; dW: Float64Array; dBias: Float64Array } {
  const dX = new Float64Array(M * K)
  const dW = new Float64Array(N * K)
  const dBias = new Float64Array(N)
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      const d = dOut[m * N + n]
      dBias[n] += d
      for (let k = 0; k < K; k++) {
        dX[m * K + k] += d * w[n * K + k]
        dW[n * K + k] += d * x[m * K + k]
      }
    }
  }
  return { dX, dW, dBias }
}
