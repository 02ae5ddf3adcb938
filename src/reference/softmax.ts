// Softmax oracle over the last dimension.

export interface SoftmaxShape {
  rows: number
  C: number
}

/**
 * Softmax of each row, shifted by the row's maximum so that nothing overflows.
 * y = exp(x − max) / Σ exp(x − max)
 * @param x [rows,C]
 * @returns y [rows,C], new
 */
export function softmaxForward(x: Float64Array, { rows, C }: SoftmaxShape): Float64Array {
  const y = new Float64Array(rows * C)
  for (let row = 0; row < rows; row++) {
    let max = -Infinity
    for (let c = 0; c < C; c++) max = Math.max(max, x[row * C + c])
    let sum = 0
    for (let c = 0; c < C; c++) {
      y[row * C + c] = Math.exp(x[row * C + c] - max)
      sum += y[row * C + c]
    }
    for (let c = 0; c < C; c++) y[row * C + c] /= sum
  }
  return y
}

/**
 * Gradient of softmaxForward.
 * dX = y·(dOut − Σ_c dOut·y)
 * @param dOut [rows,C]
 * @param y [rows,C], the output of the forward pass
 * @returns dX [rows,C], new
 */
export function softmaxBackward(dOut: Float64Array, y: Float64Array, { rows, C }: SoftmaxShape): Float64Array {
  const dX = new Float64Array(rows * C)
  for (let row = 0; row < rows; row++) {
    let dot = 0
    for (let c = 0; c < C; c++) dot += dOut[row * C + c] * y[row * C + c]
    for (let c = 0; c < C; c++) dX[row * C + c] = y[row * C + c] * (dOut[row * C + c] - dot)
  }
  return dX
}
