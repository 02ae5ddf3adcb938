// matmul_store: what every matrix product does with its values, four neighbours of a row (a vec4) at a time.
// Math:     v = product · scale[m] (SCALED);  v = mixture[0]·v + mixture[1]·D (MIX);  pre = v;  v = steps(v, e0, e1, …)
//           C = v, or C += v with ACC;  SYMMETRIC: only blocks on or below the diagonal are stored, and mirrored
// Template: VEC: rows of C are whole vec4s, and `at` counts vec4s; else `at` counts floats and a row may end anywhere.
//           TAIL_M, TAIL_N: tiles reach past the last row or column.
//           FREE: the sides are not in the text but follow from how long a, b and c are (all vec4f, no batch), so that
//           products of any size share one compiled kernel; main calls sides() first.
//           Else the sides are `override`s: products of any size share one text, though not one pipeline.
//           BINDINGS, PRIMITIVES, STEPS: text put together by src/engine/kernels/matmulStore.ts
#if FREE
var<private> M: u32;
var<private> N: u32;
var<private> K: u32;
var<private> ROW: u32; // from one row of C to the next, as `at` counts
#else
override M: u32;
override N: u32;
override K: u32;
override ROW: u32;
#end
#{BINDINGS}
#{PRIMITIVES}

// M, N and K: for control flow, which private variables may not steer where subgroups are used.
fn sides() -> vec3u {
#if FREE
  // M² = MK·MN / NK; exact after rounding for sides below a million
  let lengths = vec3f(f32(arrayLength(&a)), f32(arrayLength(&b)), f32(arrayLength(&c)));
  let rows = u32(round(2.0 * sqrt(lengths.x / lengths.y * lengths.z)));
  M = rows;
  ROW = arrayLength(&c) / rows;
  N = 4u * ROW;
  K = #{WIDE}u * (arrayLength(&a) / rows);
  return vec3u(rows, 4u * (arrayLength(&c) / rows), #{WIDE}u * (arrayLength(&a) / rows));
#else
  return vec3u(M, N, K);
#end
}

// Past the end, the last row or column is read again.
fn clampRow(row: u32) -> u32 {
#if TAIL_M
  return min(row, M - 1u);
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

// Whether tiles that reach past the end may store here.
fn inside(row: u32, col: u32) -> bool {
  var yes = true;
#if TAIL_M
  yes = yes & (row < M);
#end
#if TAIL_N
  yes = yes & (col < N);
#end
  return yes;
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
  if (row + #{i}u < M) {
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
