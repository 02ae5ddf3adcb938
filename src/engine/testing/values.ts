// Inputs for tests of kernels: ordinary values and the awkward ones that break arithmetic.

import { Rng } from '../../core/rng'

/** Standard normal; all 0; all 3.7; ±1e4; around 1e-8; rows whose values differ by eight orders of magnitude. */
export const VALUE_KINDS = ['normal', 'zeros', 'constant', 'large', 'tiny', 'mixed'] as const
export type ValueKind = (typeof VALUE_KINDS)[number]

/** `length` f32 values of a kind, drawn from a seed. */
export function drawTensor(kind: ValueKind, length: number, seed: number): Float32Array {
  const rng = new Rng(seed, kind)
  const draw = {
    normal: () => rng.normal(),
    zeros: () => 0,
    constant: () => 3.7,
    large: () => (rng.uniform() < 0.5 ? -1e4 : 1e4),
    tiny: () => 1e-8 * rng.normal(),
    mixed: () => rng.normal() * 10 ** rng.pick([-4, 0, 4]),
  }[kind]
  return Float32Array.from({ length }, draw)
}

/** The largest |value|, at least `floor`: the scale that absolute errors of a sum are measured against. */
export function magnitude(values: ArrayLike<number>, floor = 0): number {
  let top = floor
  for (let i = 0; i < values.length; i++) top = Math.max(top, Math.abs(values[i]))
  return top
}
