// matmul_store: what every matrix product does with its values, four neighbours of a row (a vec4) at a time.
// Math:     v = product · scale[m] (SCALED);  v = mixture[0]·v + mixture[1]·D (MIX);  pre = v;  v = steps(v, e0, e1, …)
//           C = v, or C += v with ACC;  SYMMETRIC: only blocks on or below the diagonal are stored, and mirrored
// Template: VEC: rows of C are whole vec4s, and `at` counts vec4s; else `at` counts floats and a row may end anywhere.
//           TAIL_M, TAIL_N: tiles reach past the last row or column. ROWS = 0: C has the rows of its binding.
//           BINDINGS, PRIMITIVES, STEPS: text put together by src/engine/kernels/matmulStore.ts
const N = #{N}u;
const K = #{K}u;
const ROW = #{ROW}u; // from one row of C to the next, as `at` counts
#if ROWS > 0
const M = #{ROWS}u;
#end
#{BINDINGS}
#{PRIMITIVES}

fn rowsOfC() -> u32 {
#if ROWS > 0
  return M;
#else
  return arrayLength(&c) / ROW;
#end
}

// Past the end, the last row or column is read again.
fn clampRow(row: u32) -> u32 {
#if TAIL_M
  return min(row, rowsOfC() - 1u);
#else
  return row;
#end
}

fn clampCol(col: u32) -> u32 {
#if TAIL_N
  return min(col, N - 1u);
#else
  return col;
#end
}

// One vec4 of C; `row` and `col` in elements. Returns what was stored.
fn store(at0: u32, row: u32, col: u32, product: vec4f) -> vec4f {
#if VEC
  let at = at0;
#else
  let at = vec4u(at0) + min(vec4u(0u, 1u, 2u, 3u), vec4u(N - 1u - min(col, N - 1u)));
#end
  var value = product;
#if SCALED
  value *= scale[row];
#end
#if MIX
  value = mixture[0] * value + mixture[1] * #{D};
#end
#{STEPS}
#if ACC
  value += #{C};
#end
#if VEC
  c[at] = value;
#else
  #for j in 0..4
  if (col + #{j}u < N) {
    c[at[#{j}]] = value[#{j}];
  }
  #end
#end
  return value;
}

// A block of four rows and four columns whose first element is (row, col); `at` counts from the start of C.
fn storeBlock(at: u32, row: u32, col: u32, v0: vec4f, v1: vec4f, v2: vec4f, v3: vec4f) {
#if TAIL_N
  if (col >= N) {
    return;
  }
#end
#if SYMMETRIC
  // blocks lie at multiples of four both ways, so one is below the diagonal, on it, or above it
  if (row < col) {
    return;
  }
#end
  #for i in 0..4
#if TAIL_M
  var w#{i} = vec4f();
  if (row + #{i}u < rowsOfC()) {
    w#{i} = store(at + #{i}u * ROW, row + #{i}u, col, v#{i});
  }
#else
  let w#{i} = store(at + #{i}u * ROW, row + #{i}u, col, v#{i});
#end
  #end
#if SYMMETRIC
  if (row > col && row < N) {
    let start = at - row * ROW - col / #{WIDTH}u; // of this matrix of the batch
#if VEC
    let mirrored = transpose(mat4x4f(w0, w1, w2, w3));
    #for j in 0..4
    c[start + (col + #{j}u) * ROW + row / 4u] = mirrored[#{j}];
    #end
#else
    #for i in 0..4
    #for j in 0..4
    if (row + #{i}u < N) {
      c[start + (col + #{j}u) * ROW + row + #{i}u] = w#{i}[#{j}];
    }
    #end
    #end
#end
  }
#end
}
