// Oracles of the reductions over the last dimension and of the ops that only move elements.

export interface ReduceShape {
  rows: number
  /** reduced last dimension */
  C: number
}

/**
 * Sum over the last dimension.
 * y[row] = Σ_c x[row,c]
 * @param x [rows,C]
 * @returns y [rows], new
 */
export function sumForward(x: Float64Array, { rows, C }: ReduceShape): Float64Array {
  const y = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < C; c++) y[row] += x[row * C + c]
  }
  return y
}

/**
 * Gradient of sumForward: dX[row,c] = dOut[row].
 * @param dOut [rows]
 * @returns dX [rows,C], new
 */
export function sumBackward(dOut: Float64Array, { rows, C }: ReduceShape): Float64Array {
  const dX = new Float64Array(rows * C)
  for (let i = 0; i < dX.length; i++) dX[i] = dOut[Math.floor(i / C)]
  return dX
}

/**
 * Mean over the last dimension.
 * y[row] = Σ_c x[row,c] / C
 * @param x [rows,C]
 * @returns y [rows], new
 */
export function meanForward(x: Float64Array, shape: ReduceShape): Float64Array {
  return sumForward(x, shape).map((sum) => sum / shape.C)
}

/**
 * Gradient of meanForward: dX[row,c] = dOut[row] / C.
 * @param dOut [rows]
 * @returns dX [rows,C], new
 */
export function meanBackward(dOut: Float64Array, shape: ReduceShape): Float64Array {
  return sumBackward(dOut, shape).map((d) => d / shape.C)
}

/** Calls visit(index in the transposed tensor, index in the original). */
function eachTransposed(
  shape: readonly number[],
  perm: readonly number[],
  visit: (outIndex: number, inIndex: number) => void,
): void {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, d) => n * d, 1))
  const count = shape.reduce((n, d) => n * d, 1)
  for (let outIndex = 0; outIndex < count; outIndex++) {
    let rest = outIndex
    let inIndex = 0
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      const length = shape[perm[axis]]
      inIndex += (rest % length) * strides[perm[axis]]
      rest = Math.floor(rest / length)
    }
    visit(outIndex, inIndex)
  }
}

/**
 * Reorders the axes: axis i of y is axis perm[i] of x.
 * @param x of `shape`
 * @param shape full shape of x
 * @param perm a permutation of 0..rank-1
 * @returns y of shape perm.map(p => shape[p]), new
 */
export function transposeForward(
  x: Float64Array,
  shape: readonly number[],
  perm: readonly number[],
): Float64Array {
  const y = new Float64Array(x.length)
  eachTransposed(shape, perm, (outIndex, inIndex) => {
    y[outIndex] = x[inIndex]
  })
  return y
}

/**
 * Gradient of transposeForward: the inverse reordering.
 * @param dOut of shape perm.map(p => shape[p])
 * @param shape full shape of x
 * @returns dX of `shape`, new
 */
export function transposeBackward(
  dOut: Float64Array,
  shape: readonly number[],
  perm: readonly number[],
): Float64Array {
  const dX = new Float64Array(dOut.length)
  eachTransposed(shape, perm, (outIndex, inIndex) => {
    dX[inIndex] = dOut[outIndex]
  })
  return dX
}

export interface SliceRange {
  axis: number
  start: number
  /** one past the last */
  end: number
}

/** Elements before, along and after an axis. */
function axisBlocks(shape: readonly number[], axis: number): { outer: number; length: number; inner: number } {
  const product = (part: readonly number[]) => part.reduce((n, d) => n * d, 1)
  return { outer: product(shape.slice(0, axis)), length: shape[axis], inner: product(shape.slice(axis + 1)) }
}

/**
 * Takes start ≤ i < end along one axis.
 * @param x of `shape`
 * @returns y of `shape` with length end−start at `axis`, new
 */
export function sliceForward(
  x: Float64Array,
  shape: readonly number[],
  { axis, start, end }: SliceRange,
): Float64Array {
  const { outer, length, inner } = axisBlocks(shape, axis)
  const y = new Float64Array(outer * (end - start) * inner)
  for (let o = 0; o < outer; o++) {
    for (let i = start; i < end; i++) {
      for (let n = 0; n < inner; n++) {
        y[(o * (end - start) + i - start) * inner + n] = x[(o * length + i) * inner + n]
      }
    }
  }
  return y
}

/**
 * Gradient of sliceForward: dOut in its place, zero elsewhere.
 * @param dOut of `shape` with length end−start at `axis`
 * @param shape full shape of x
 * @returns dX of `shape`, new
 */
export function sliceBackward(
  dOut: Float64Array,
  shape: readonly number[],
  { axis, start, end }: SliceRange,
): Float64Array {
  const { outer, length, inner } = axisBlocks(shape, axis)
  const dX = new Float64Array(outer * length * inner)
  for (let o = 0; o < outer; o++) {
    for (let i = start; i < end; i++) {
      for (let n = 0; n < inner; n++) {
        dX[(o * length + i) * inner + n] = dOut[(o * (end - start) + i - start) * inner + n]
      }
    }
  }
  return dX
}

/**
 * Joins tensors along one axis, in order.
 * @param inputs one tensor per shape
 * @param shapes equal but for `axis`
 * @returns y whose length at `axis` is the sum of the inputs', new
 */
export function concatForward(
  inputs: readonly Float64Array[],
  shapes: readonly (readonly number[])[],
  axis: number,
): Float64Array {
  const blocks = shapes.map((shape) => axisBlocks(shape, axis))
  const total = blocks.reduce((n, block) => n + block.length, 0)
  const { outer, inner } = blocks[0]
  const y = new Float64Array(outer * total * inner)
  let start = 0
  for (let part = 0; part < inputs.length; part++) {
    const { length } = blocks[part]
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < length * inner; i++) {
        y[(o * total + start) * inner + i] = inputs[part][o * length * inner + i]
      }
    }
    start += length
  }
  return y
}

/**
 * Gradient of concatForward: each input gets its own slice of dOut.
 * @param dOut the joined shape
 * @param shapes of the inputs
 * @returns one gradient per input, each of its input's shape, new
 */
export function concatBackward(
  dOut: Float64Array,
  shapes: readonly (readonly number[])[],
  axis: number,
): Float64Array[] {
  const joined = [...shapes[0]]
  joined[axis] = shapes.reduce((n, shape) => n + shape[axis], 0)
  let start = 0
  return shapes.map((shape) => {
    const range = { axis, start, end: start + shape[axis] }
    start = range.end
    return sliceForward(dOut, joined, range)
  })
}
