// Small dense linear algebra for the samplers: symmetric matrices of a few dozen rows, row by row as arrays.

export type Matrix = number[][]

/**
 * Eigenvalues and orthonormal eigenvectors of a symmetric matrix by cyclic Jacobi rotations.
 * @returns `vectors[i][k]`: component i of the k-th vector. Source: Golub & Van Loan, Matrix Computations, §8.5.
 */
export function eigenSymmetric(matrix: Matrix): { values: number[]; vectors: Matrix } {
  const n = matrix.length
  const a = matrix.map((row) => [...row])
  const vectors = identity(n)
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p][q] ** 2
    if (off < 1e-24) break
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) if (a[p][q] !== 0) rotate(a, vectors, p, q)
    }
  }
  return { values: a.map((row, i) => row[i]), vectors }
}

/** One rotation that makes a[p][q] zero. */
function rotate(a: Matrix, vectors: Matrix, p: number, q: number): void {
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  for (let k = 0; k < a.length; k++) {
    const [kp, kq] = [a[k][p], a[k][q]]
    a[k][p] = c * kp - s * kq
    a[k][q] = s * kp + c * kq
  }
  for (let k = 0; k < a.length; k++) {
    const [pk, qk] = [a[p][k], a[q][k]]
    a[p][k] = c * pk - s * qk
    a[q][k] = s * pk + c * qk
    const [vp, vq] = [vectors[k][p], vectors[k][q]]
    vectors[k][p] = c * vp - s * vq
    vectors[k][q] = s * vp + c * vq
  }
}

export function identity(n: number): Matrix {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)))
}

/** Lower Cholesky factor of a positive definite matrix; null where it is not one. */
export function cholesky(matrix: Matrix): Matrix | null {
  const n = matrix.length
  const lower = matrix.map(() => Array.from({ length: n }, () => 0))
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j]
      for (let k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k]
      if (i !== j) lower[i][j] = sum / lower[j][j]
      else if (sum > 0) lower[i][i] = Math.sqrt(sum)
      else return null
    }
  }
  return lower
}

/** x with L·x = b. */
export function solveLower(lower: Matrix, b: readonly number[]): number[] {
  const x: number[] = []
  for (let i = 0; i < b.length; i++) {
    let sum = b[i]
    for (let k = 0; k < i; k++) sum -= lower[i][k] * x[k]
    x.push(sum / lower[i][i])
  }
  return x
}

export function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
