// tile: four rows by eight columns of a product, the core of matmul and attention; and what puts operands in shape.
// Math:     C[i,j] = Σ_k A[i,k]·B[k,j] for i < 4, j < 8, k ascending: one chain of multiply-adds per value
// Shapes:   A by four pointers, `step` bytes from one k to the next; B a panel [K,8]; C rows `ldc` bytes apart
// Writes:   tile overwrites 4 × 8 values; the packers overwrite their panel
// Check:    src/engine/backends/wasm/matmul.test.ts

import { madd } from './vector'

export const ROWS: i32 = 4
export const COLS: i32 = 8

export function tile(p0: usize, p1: usize, p2: usize, p3: usize, step: usize, pb: usize, K: i32, pc: usize, ldc: usize): void {
  let c00 = f32x4.splat(0)
  let c01 = f32x4.splat(0)
  let c10 = f32x4.splat(0)
  let c11 = f32x4.splat(0)
  let c20 = f32x4.splat(0)
  let c21 = f32x4.splat(0)
  let c30 = f32x4.splat(0)
  let c31 = f32x4.splat(0)
  for (let k = 0; k < K; k++) {
    const b0 = v128.load(pb)
    const b1 = v128.load(pb, 16)
    let a = v128.load_splat<f32>(p0)
    c00 = madd(a, b0, c00)
    c01 = madd(a, b1, c01)
    a = v128.load_splat<f32>(p1)
    c10 = madd(a, b0, c10)
    c11 = madd(a, b1, c11)
    a = v128.load_splat<f32>(p2)
    c20 = madd(a, b0, c20)
    c21 = madd(a, b1, c21)
    a = v128.load_splat<f32>(p3)
    c30 = madd(a, b0, c30)
    c31 = madd(a, b1, c31)
    p0 += step
    p1 += step
    p2 += step
    p3 += step
    pb += 32
  }
  v128.store(pc, c00)
  v128.store(pc, c01, 16)
  pc += ldc
  v128.store(pc, c10)
  v128.store(pc, c11, 16)
  pc += ldc
  v128.store(pc, c20)
  v128.store(pc, c21, 16)
  pc += ldc
  v128.store(pc, c30)
  v128.store(pc, c31, 16)
}

/** Panels [K,8] of the columns 0…N of a matrix [K,N] whose rows lie `row` bytes apart; the last is filled up with 0. */
export function packColumns(from: usize, row: usize, K: i32, N: i32, to: usize): void {
  for (let j = 0; j < N; j += COLS) {
    let source = from + (<usize>j << 2)
    if (j + COLS <= N) {
      for (let k = 0; k < K; k++) {
        v128.store(to, v128.load(source))
        v128.store(to, v128.load(source, 16), 16)
        source += row
        to += 32
      }
    } else {
      for (let k = 0; k < K; k++) {
        for (let c = 0; c < COLS; c++) {
          store<f32>(to + (<usize>c << 2), j + c < N ? load<f32>(source + (<usize>c << 2)) : 0)
        }
        source += row
        to += 32
      }
    }
  }
}

/** Panels [K,8] of the transpose of a matrix [N,K] whose rows lie `row` bytes apart; the last repeats its last row. */
export function packRows(from: usize, row: usize, K: i32, N: i32, to: usize): void {
  for (let j = 0; j < N; j += COLS) {
    const whole = K & ~3
    for (let half = 0; half < COLS; half += 4) {
      let s0 = from + <usize>min(j + half, N - 1) * row
      let s1 = from + <usize>min(j + half + 1, N - 1) * row
      let s2 = from + <usize>min(j + half + 2, N - 1) * row
      let s3 = from + <usize>min(j + half + 3, N - 1) * row
      let out = to + (<usize>half << 2)
      for (let k = 0; k < whole; k += 4) {
        const a = v128.load(s0)
        const b = v128.load(s1)
        const c = v128.load(s2)
        const d = v128.load(s3)
        const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
        const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
        const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
        const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
        v128.store(out, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5))
        v128.store(out, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), 32)
        v128.store(out, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), 64)
        v128.store(out, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), 96)
        s0 += 16
        s1 += 16
        s2 += 16
        s3 += 16
        out += 128
      }
      for (let k = whole; k < K; k++) {
        store<f32>(out, load<f32>(s0))
        store<f32>(out, load<f32>(s1), 4)
        store<f32>(out, load<f32>(s2), 8)
        store<f32>(out, load<f32>(s3), 12)
        s0 += 4
        s1 += 4
        s2 += 4
        s3 += 4
        out += 32
      }
    }
    to += <usize>K << 5
  }
}

/** Bytes of the panels of N columns of length K. */
@inline
export function panelBytes(K: i32, N: i32): usize {
  return (<usize>K << 5) * <usize>((N + COLS - 1) / COLS)
}
