// Rotary position embedding oracle; first half of a head pairs with the second half.

export interface RopeShape {
  B: number
  T: number
  H: number
  /** head size, even */
  D: number
  /** wavelength base, 10000 in the paper */
  base: number
}

/**
 * Rotates each pair (x1, x2) = (x[i], x[i + D/2]) by an angle that grows with the position.
 * y1 = x1·cos + x2·sin,  y2 = −x1·sin + x2·cos,  angle = t·base^(−2i/D), i in [0, D/2)
 * @param x [B,T,H,D]
 * @returns y [B,T,H,D], new
 * Source: Su et al. 2021, arXiv:2104.09864 (half-split form, clockwise sign)
 */
export function ropeForward(x: Float64Array, shape: RopeShape): Float64Array {
  return rotate(x, shape, 1)
}

/**
 * Gradient of ropeForward: the inverse rotation, since a rotation's transpose is its inverse.
 * dX1 = dY1·cos − dY2·sin,  dX2 = dY1·sin + dY2·cos
 * @param dOut [B,T,H,D]
 * @returns dX [B,T,H,D], new
 */
export function ropeBackward(dOut: Float64Array, shape: RopeShape): Float64Array {
  return rotate(dOut, shape, -1)
}

function rotate(x: Float64Array, { B, T, H, D, base }: RopeShape, direction: 1 | -1): Float64Array {
  const y = new Float64Array(B * T * H * D)
  const half = D / 2
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < H; h++) {
        const first = ((b * T + t) * H + h) * D
        for (let i = 0; i < half; i++) {
          const angle = direction * t * base ** ((-2 * i) / D)
          const cos = Math.cos(angle)
          const sin = Math.sin(angle)
          const x1 = x[first + i]
          const x2 = x[first + half + i]
          y[first + i] = x1 * cos + x2 * sin
          y[first + half + i] = -x1 * sin + x2 * cos
        }
      }
    }
  }
  return y
}
