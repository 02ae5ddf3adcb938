// Angles of the rotary embedding, which every peer takes as constants.

/**
 * cos and sin of t·10000^(−2i/D), i in [0, D/2).
 * @returns [T, D/2] each
 */
export function ropeTables(T: number, D: number): { cos: Float32Array; sin: Float32Array } {
  const half = D / 2
  const angle = (_: unknown, at: number) => Math.floor(at / half) * 10000 ** ((-2 * (at % half)) / D)
  const angles = Array.from({ length: T * half }, angle)
  return { cos: Float32Array.from(angles, Math.cos), sin: Float32Array.from(angles, Math.sin) }
}
