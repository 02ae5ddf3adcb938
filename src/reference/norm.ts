// Oracles of the two parameter-free normalisations.

export interface NormShape {
  rows: number
  /** channels: the normalised last dimension */
  C: number
  /** added under the root */
  eps: number
}

/**
 * Root-mean-square normalisation of each row, without weights.
 * y = x·r,  r = 1/√(mean(x²) + eps)
 * @param x [rows,C]
 * @returns y [rows,C], new
 * Source: Zhang & Sennrich 2019, arXiv:1910.07467
 */
export function rmsNormForward(x: Float64Array, { rows, C, eps }: NormShape): Float64Array {
  const y = new Float64Array(rows * C)
  for (let row = 0; row < rows; row++) {
    let squares = 0
    for (let c = 0; c < C; c++) squares += x[row * C + c] ** 2
    const r = 1 / Math.sqrt(squares / C + eps)
    for (let c = 0; c < C; c++) y[row * C + c] = x[row * C + c] * r
  }
  return y
}

/**
 * Gradient of rmsNormForward.
 * dX = r·(dOut − x·r²·mean(dOut·x))
 * @param dOut [rows,C]
 * @param x [rows,C], the input of the forward pass
 * @returns dX [rows,C], new
 */
export function rmsNormBackward(
  dOut: Float64Array,
  x: Float64Array,
  { rows, C, eps }: NormShape,
): Float64Array {
  const dX = new Float64Array(rows * C)
  for (let row = 0; row < rows; row++) {
    let squares = 0
    let dot = 0
    for (let c = 0; c < C; c++) {
      squares += x[row * C + c] ** 2
      dot += dOut[row * C + c] * x[row * C + c]
    }
    const r = 1 / Math.sqrt(squares / C + eps)
    for (let c = 0; c < C; c++) {
      dX[row * C + c] = r * (dOut[row * C + c] - (x[row * C + c] * r * r * dot) / C)
    }
  }
  return dX
}

/** Mean and reciprocal standard deviation of one row; the variance divides by C. */
function rowStatistics(x: Float64Array, row: number, C: number, eps: number): { mean: number; rstd: number } {
  let mean = 0
  for (let c = 0; c < C; c++) mean += x[row * C + c]
  mean /= C
  let variance = 0
  for (let c = 0; c < C; c++) variance += (x[row * C + c] - mean) ** 2
  return { mean, rstd: 1 / Math.sqrt(variance / C + eps) }
}

/**
 * Layer normalisation of each row, without weights.
 * y = (x − mean)·rstd,  rstd = 1/√(var + eps)
 * @param x [rows,C]
 * @returns y [rows,C], new
 * Source: Ba et al. 2016, arXiv:1607.06450
 */
export function layerNormForward(x: Float64Array, { rows, C, eps }: NormShape): Float64Array {
  const y = new Float64Array(rows * C)
  for (let row = 0; row < rows; row++) {
    const { mean, rstd } = rowStatistics(x, row, C, eps)
    for (let c = 0; c < C; c++) y[row * C + c] = (x[row * C + c] - mean) * rstd
  }
  return y
}

/**
 * Gradient of layerNormForward.
 * dX = rstd·(dOut − mean(dOut) − y·mean(dOut·y))
 * @param dOut [rows,C]
 * @param x [rows,C], the input of the forward pass
 * @returns dX [rows,C], new
 */
export function layerNormBackward(
  dOut: Float64Array,
  x: Float64Array,
  { rows, C, eps }: NormShape,
): Float64Array {
  const dX = new Float64Array(rows * C)
  for (let row = 0; row < rows; row++) {
    const { mean, rstd } = rowStatistics(x, row, C, eps)
    let dMean = 0
    let dotMean = 0
    for (let c = 0; c < C; c++) {
      const y = (x[row * C + c] - mean) * rstd
      dMean += dOut[row * C + c] / C
      dotMean += (dOut[row * C + c] * y) / C
    }
    for (let c = 0; c < C; c++) {
      const y = (x[row * C + c] - mean) * rstd
      dX[row * C + c] = rstd * (dOut[row * C + c] - dMean - y * dotMean)
    }
  }
  return dX
}
