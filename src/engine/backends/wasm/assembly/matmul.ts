// matmul: matrix products in three orientations, singly or a stack of them.
// Math:     C = op(A)·op(B), then: · scale[m]; mixture[0]·C + mixture[1]·D; + bias[n]; + old C (flag 1)
//           TN with a scale: Σ_k A[k,m]·scale[k]·B[k,n].  Flag 2, NT only: C is symmetric, so half of it is computed
// Shapes:   NN (0): A [M,K], B [K,N]; NT (1): B [N,K]; TN (2): A [K,M]; C, D [M,N]; scale [M] (TN: [K]); bias [N]
//           matrices of a stack aStride, bStride, cStride floats apart (D as C)
// Units:    (matrix, block of NC columns, strip of four rows), strips innermost: a range packs only the blocks it meets
// Scratch:  NC columns of B as panels, four columns of A (TN), one tile
// Writes:   C overwritten, or accumulated with flag 1; a strip's rows, and with flag 2 their mirror images
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4 on unit inputs
// Source:   packed panels: Goto & van de Geijn 2008

import { COLS, packColumns, packRows, panelBytes, ROWS, tile } from './tile'
import { madd } from './vector'

export function matmul(
  begin: i32, end: i32,
  a: usize, b: usize, c: usize, bias: usize, scale: usize, d: usize, mixture: usize, scratch: usize,
  orient: i32, M: i32, N: i32, K: i32, NC: i32, aStride: i32, bStride: i32, cStride: i32, flags: i32,
): void {
  const strips = (M + ROWS - 1) / ROWS
  const blocks = (N + NC - 1) / NC
  const symmetric = (flags & 2) != 0
  const plain = !bias && !(scale && orient != 2) && !d && flags == 0
  const panels = scratch + 128
  const columnsOfA = panels + panelBytes(K, NC)
  const ldc = <usize>N << 2
  let packed = -1
  for (let unit = begin; unit < end; unit++) {
    const block = unit / strips
    const s = unit % strips
    // symmetric: long and short strips by turns, so that cuts are fair
    const row = (symmetric ? (s & 1 ? strips - 1 - (s >> 1) : s >> 1) : s) * ROWS
    const matrix = block / blocks
    const first = (block % blocks) * NC
    const last = min(first + NC, N)
    const C = c + (<usize>(matrix * cStride) << 2)
    const A = a + (<usize>(matrix * aStride) << 2)
    if (block != packed) {
      const B = b + (<usize>(matrix * bStride) << 2)
      if (orient == 1) packRows(B + (<usize>(first * K) << 2), <usize>K << 2, K, last - first, panels)
      else packColumns(B + (<usize>first << 2), ldc, K, last - first, panels)
      packed = block
    }
    const rows = min(ROWS, M - row)
    let p0: usize, p1: usize, p2: usize, p3: usize, step: usize
    if (orient == 2) {
      packStrip(A + (<usize>row << 2), <usize>M << 2, K, rows, scale, columnsOfA)
      p0 = columnsOfA
      p1 = p0 + 4
      p2 = p0 + 8
      p3 = p0 + 12
      step = 16
    } else {
      const lda = <usize>K << 2
      p0 = A + <usize>row * lda
      p1 = A + <usize>min(row + 1, M - 1) * lda
      p2 = A + <usize>min(row + 2, M - 1) * lda
      p3 = A + <usize>min(row + 3, M - 1) * lda
      step = 4
    }
    let panel = panels
    for (let col = first; col < last; col += COLS) {
      if (symmetric && col > row + rows - 1) break
      const at = <usize>(row * N + col) << 2
      if (plain && rows == ROWS && col + COLS <= N) {
        tile(p0, p1, p2, p3, step, panel, K, C + at, ldc)
      } else {
        tile(p0, p1, p2, p3, step, panel, K, scratch, 32)
        const D = d ? d + (<usize>(matrix * cStride) << 2) : 0
        finish(C, D, bias, orient == 2 ? 0 : scale, mixture, scratch, row, rows, col, min(COLS, N - col), N, flags)
      }
      panel += <usize>K << 5
    }
  }
}

/** Four columns of A [K,M] as [K,4], each row times scale[k] if there is one. */
function packStrip(from: usize, row: usize, K: i32, rows: i32, scale: usize, to: usize): void {
  for (let k = 0; k < K; k++) {
    let v: v128
    if (rows == ROWS) {
      v = v128.load(from)
    } else {
      v = v128.load_splat<f32>(from)
      if (rows > 1) v = f32x4.replace_lane(v, 1, load<f32>(from, 4))
      if (rows > 2) v = f32x4.replace_lane(v, 2, load<f32>(from, 8))
    }
    if (scale) v = f32x4.mul(v, v128.load_splat<f32>(scale + (<usize>k << 2)))
    v128.store(to, v)
    from += row
    to += 16
  }
}

/** Brings a tile into C with everything that is asked for besides the product. */
function finish(
  C: usize, D: usize, bias: usize, scale: usize, mixture: usize, from: usize,
  row: i32, rows: i32, col: i32, cols: i32, N: i32, flags: i32,
): void {
  for (let i = 0; i < rows; i++) {
    const at = <usize>((row + i) * N + col) << 2
    const factor: f32 = scale ? load<f32>(scale + (<usize>(row + i) << 2)) : 1
    if (cols == COLS && !(flags & 2)) {
      for (let half: usize = 0; half < 32; half += 16) {
        let v = f32x4.mul(v128.load(from + half), f32x4.splat(factor))
        if (D) v = madd(v, f32x4.splat(load<f32>(mixture)), f32x4.mul(f32x4.splat(load<f32>(mixture, 4)), v128.load(D + at + half)))
        if (bias) v = f32x4.add(v, v128.load(bias + (<usize>col << 2) + half))
        if (flags & 1) v = f32x4.add(v, v128.load(C + at + half))
        v128.store(C + at + half, v)
      }
    } else {
      for (let j = 0; j < cols; j++) {
        const place = at + (<usize>j << 2)
        if (flags & 2 && col + j > row + i) break
        let v = load<f32>(from + (<usize>j << 2)) * factor
        if (D) v = v * load<f32>(mixture) + load<f32>(mixture, 4) * load<f32>(D + place)
        if (bias) v += load<f32>(bias + (<usize>(col + j) << 2))
        if (flags & 1) v += load<f32>(C + place)
        store<f32>(C + place, v)
        if (flags & 2) store<f32>(C + (<usize>((col + j) * N + row + i) << 2), v)
      }
    }
    from += 32
  }
}
