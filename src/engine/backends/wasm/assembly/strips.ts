// strips: products of four rows at a time with panels, as attention needs them: any range of columns, any tail.
// Math:     strip: C = rows·op(panels);  combine: C (+)= weights·V
// Shapes:   rows, weights [up to 4, …]; panels as of tile.ts
// Writes:   C overwritten, or accumulated where `add`
// Check:    src/engine/backends/wasm/attention.test.ts
// Source:   none

import { COLS, ROWS, tile } from './tile'

/** rows·op(panels): `rows` ≤ 4 rows from `p`, `row` bytes apart; whole panels of columns [from, to) of C at `c`. */
export function strip(p: usize, row: usize, rows: i32, panels: usize, K: i32, from: i32, to: i32, c: usize, ldc: usize): void {
  const p1 = p + row * <usize>min(1, rows - 1)
  const p2 = p + row * <usize>min(2, rows - 1)
  const p3 = p + row * <usize>min(3, rows - 1)
  for (let col = from; col < to; col += COLS) {
    tile(p, p1, p2, p3, 4, panels + <usize>(col / COLS) * (<usize>K << 5), K, c + (<usize>col << 2), ldc)
  }
}

/** A tile of which only `rows` × `cols` values are wanted; added to what is there if asked for. */
function narrow(
  p0: usize, p1: usize, p2: usize, p3: usize, panel: usize, K: i32, c: usize, ldc: usize,
  rows: i32, cols: i32, spare: usize, add: bool,
): void {
  if (rows == ROWS && cols == COLS && !add) {
    tile(p0, p1, p2, p3, 4, panel, K, c, ldc)
    return
  }
  tile(p0, p1, p2, p3, 4, panel, K, spare, 32)
  for (let i = 0; i < rows; i++) {
    if (cols == COLS) {
      let u = v128.load(spare)
      let v = v128.load(spare, 16)
      if (add) {
        u = f32x4.add(u, v128.load(c))
        v = f32x4.add(v, v128.load(c, 16))
      }
      v128.store(c, u)
      v128.store(c, v, 16)
    } else {
      for (let j: usize = 0; j < <usize>cols << 2; j += 4) {
        const v = load<f32>(spare + j)
        store<f32>(c + j, add ? load<f32>(c + j) + v : v)
      }
    }
    spare += 32
    c += ldc
  }
}

/** weights [rows, from…to) times panels of the columns of V, `first` being the row where both begin. */
export function combine(
  weights: usize, ld: usize, rows: i32, from: i32, to: i32, panels: usize, T: i32, D: i32,
  c: usize, ldc: usize, spare: usize, add: bool,
): void {
  const p = weights + (<usize>from << 2)
  const p1 = p + ld * <usize>min(1, rows - 1)
  const p2 = p + ld * <usize>min(2, rows - 1)
  const p3 = p + ld * <usize>min(3, rows - 1)
  for (let col = 0; col < D; col += COLS) {
    const panel = panels + <usize>(col / COLS) * (<usize>T << 5) + (<usize>from << 5)
    narrow(p, p1, p2, p3, panel, to - from, c + (<usize>col << 2), ldc, rows, min(COLS, D - col), spare, add)
  }
}
