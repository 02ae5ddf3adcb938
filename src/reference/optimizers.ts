// Oracles of the four optimiser rules. Each step changes the weights and its own state in place.

export interface AdamwOptions {
  lr: number
  beta1: number
  beta2: number
  eps: number
  weightDecay: number
  /** counts from 1 */
  step: number
}

/**
 * AdamW with bias-corrected moments and decoupled decay.
 * m = β1·m + (1−β1)·g;  v = β2·v + (1−β2)·g²;  m̂ = m/(1−β1^step);  v̂ = v/(1−β2^step)
 * w −= lr·(m̂/(√v̂ + eps) + weightDecay·w)
 * @param w any length, updated in place
 * @param g gradient of w's length
 * @param state m and v of w's length, updated in place; zeros before the first step
 * Source: Loshchilov & Hutter 2017, arXiv:1711.05101
 */
export function adamwStep(
  w: Float64Array,
  g: Float64Array,
  state: { m: Float64Array; v: Float64Array },
  { lr, beta1, beta2, eps, weightDecay, step }: AdamwOptions,
): void {
  const { m, v } = state
  for (let i = 0; i < w.length; i++) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i]
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
    const mHat = m[i] / (1 - beta1 ** step)
    const vHat = v[i] / (1 - beta2 ** step)
    w[i] -= lr * (mHat / (Math.sqrt(vHat) + eps) + weightDecay * w[i])
  }
}

export interface LionOptions {
  lr: number
  beta1: number
  beta2: number
  weightDecay: number
}

/**
 * Lion: the sign of an interpolated momentum.
 * w −= lr·(sign(β1·m + (1−β1)·g) + weightDecay·w);  then m = β2·m + (1−β2)·g
 * @param w any length, updated in place
 * @param g gradient of w's length
 * @param state m of w's length, updated in place; zeros before the first step
 * Source: Chen et al. 2023, arXiv:2302.06675
 */
export function lionStep(
  w: Float64Array,
  g: Float64Array,
  state: { m: Float64Array },
  { lr, beta1, beta2, weightDecay }: LionOptions,
): void {
  const { m } = state
  for (let i = 0; i < w.length; i++) {
    const direction = Math.sign(beta1 * m[i] + (1 - beta1) * g[i])
    w[i] -= lr * (direction + weightDecay * w[i])
    m[i] = beta2 * m[i] + (1 - beta2) * g[i]
  }
}

export interface SgdOptions {
  lr: number
  momentum: number
  weightDecay: number
}

/**
 * Stochastic gradient descent with heavy-ball momentum and decoupled decay.
 * m = momentum·m + g;  w −= lr·(m + weightDecay·w)
 * @param w any length, updated in place
 * @param g gradient of w's length
 * @param state m of w's length, updated in place; zeros before the first step
 */
export function sgdStep(
  w: Float64Array,
  g: Float64Array,
  state: { m: Float64Array },
  { lr, momentum, weightDecay }: SgdOptions,
): void {
  const { m } = state
  for (let i = 0; i < w.length; i++) {
    m[i] = momentum * m[i] + g[i]
    w[i] -= lr * (m[i] + weightDecay * w[i])
  }
}

/**
 * Polar Express coefficients (a, b, c), one triple per iteration.
 * Source: Amsel et al. 2025, arXiv:2505.16932
 */
export const POLAR_EXPRESS_COEFFICIENTS: readonly (readonly [number, number, number])[] = [
  [8.156554524902461, -22.48329292557795, 15.878769915207462],
  [4.042929935166739, -2.808917465908714, 0.5000178451051316],
  [3.8916678022926607, -2.772484153217685, 0.5060648178503393],
  [3.285753657755655, -2.3681294933425376, 0.46449024233003106],
  [2.3465413258596377, -1.7097828382687081, 0.42323551169305323],
]

/** [n,k]·[k,m] -> [n,m] */
function multiply(a: Float64Array, b: Float64Array, n: number, k: number, m: number): Float64Array {
  const out = new Float64Array(n * m)
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < k; p++) {
      const factor = a[i * k + p]
      for (let j = 0; j < m; j++) out[i * m + j] += factor * b[p * m + j]
    }
  }
  return out
}

/** [n,m] -> [m,n] */
function flip(a: Float64Array, n: number, m: number): Float64Array {
  const out = new Float64Array(n * m)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) out[j * n + i] = a[i * m + j]
  }
  return out
}

/**
 * Drives the singular values of a matrix towards 1 (roughly U·Vᵀ of its SVD).
 * X₀ = u/(‖u‖_F·1.02 + 1e-6);  five times, with that iteration's (a, b, c):
 * rows ≤ cols: A = X·Xᵀ, X ← a·X + (b·A + c·A²)·X;  rows > cols: A = Xᵀ·X, X ← a·X + X·(b·A + c·A²)
 * @param u [rows,cols]
 * @returns X [rows,cols], new
 * Source: Amsel et al. 2025, arXiv:2505.16932
 */
export function polarExpress(u: Float64Array, rows: number, cols: number): Float64Array {
  let squares = 0
  for (let i = 0; i < u.length; i++) squares += u[i] * u[i]
  const divisor = Math.sqrt(squares) * 1.02 + 1e-6
  let x: Float64Array = u.map((value) => value / divisor)
  const tall = rows > cols
  const small = tall ? cols : rows
  for (const [a, b, c] of POLAR_EXPRESS_COEFFICIENTS) {
    const xT = flip(x, rows, cols)
    const gram = tall ? multiply(xT, x, cols, rows, cols) : multiply(x, xT, rows, cols, rows)
    const gramSquared = multiply(gram, gram, small, small, small)
    const polynomial = gram.map((value, i) => b * value + c * gramSquared[i])
    const product = tall
      ? multiply(x, polynomial, rows, cols, cols)
      : multiply(polynomial, x, rows, rows, cols)
    x = x.map((value, i) => a * value + product[i])
  }
  return x
}

export interface MuonOptions {
  rows: number
  cols: number
  lr: number
  momentum: number
  /** decay of the second moment, 0.95 in the recipe */
  beta2: number
  weightDecay: number
}

/**
 * Muon with Polar Express, NorMuon scaling and cautious decay.
 * m = momentum·m + (1−momentum)·g;  u = (1−momentum)·g + momentum·m;  X = polarExpress(u)
 * vMean = mean of X² over the shorter axis, one value per row (rows ≥ cols, n = cols) or per column (n = rows)
 * s = β2·s + (1−β2)·vMean;  step = 1/√max(s, 1e-10)
 * scale = step·√(Σ vMean·n) / max(√(Σ vMean·n·step²), 1e-10);  X ← X·scale, row- or column-wise
 * lrEff = lr·√max(1, rows/cols);  w −= lrEff·X + lrEff·weightDecay·w·[X·w ≥ 0]
 * @param w [rows,cols], updated in place
 * @param g gradient [rows,cols]
 * @param state m [rows,cols] and s [rows] when rows ≥ cols, else [cols]; updated in place, zeros at first
 * Source: Jordan et al. 2024 (Muon); NorMuon, arXiv:2510.05491; cautious decay, arXiv:2510.12402
 */
export function muonStep(
  w: Float64Array,
  g: Float64Array,
  state: { m: Float64Array; s: Float64Array },
  { rows, cols, lr, momentum, beta2, weightDecay }: MuonOptions,
): void {
  const { m, s } = state
  const u = new Float64Array(w.length)
  for (let i = 0; i < w.length; i++) {
    m[i] = momentum * m[i] + (1 - momentum) * g[i]
    u[i] = (1 - momentum) * g[i] + momentum * m[i]
  }
  const x = polarExpress(u, rows, cols)

  const perRow = rows >= cols
  const averaged = perRow ? cols : rows
  const line = (i: number) => (perRow ? Math.floor(i / cols) : i % cols)
  const vMean = new Float64Array(s.length)
  for (let i = 0; i < x.length; i++) vMean[line(i)] += (x[i] * x[i]) / averaged
  const stepSize = new Float64Array(s.length)
  let squares = 0
  let scaledSquares = 0
  for (let n = 0; n < s.length; n++) {
    s[n] = beta2 * s[n] + (1 - beta2) * vMean[n]
    stepSize[n] = 1 / Math.sqrt(Math.max(s[n], 1e-10))
    squares += vMean[n] * averaged
    scaledSquares += vMean[n] * averaged * stepSize[n] ** 2
  }
  const renormalise = Math.sqrt(squares) / Math.max(Math.sqrt(scaledSquares), 1e-10)

  const lrEff = lr * Math.sqrt(Math.max(1, rows / cols))
  for (let i = 0; i < w.length; i++) {
    const update = x[i] * stepSize[line(i)] * renormalise
    const decay = update * w[i] >= 0 ? weightDecay * w[i] : 0
    w[i] -= lrEff * update + lrEff * decay
  }
}
