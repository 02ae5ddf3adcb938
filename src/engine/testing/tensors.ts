// What kernel tests on a device need besides inputs: styles of kernels, and values stored as f16.

import type { Capabilities } from '../kernel'
import { openDevice } from './dawn'

export { drawTensor, magnitude, VALUE_KINDS, type ValueKind } from './values'

export interface Style {
  style: string
  caps: Capabilities
}

/** Both styles of every kernel, whatever the adapter: as on a software adapter, and as on a GPU. */
export async function bothStyles(): Promise<Style[]> {
  const { caps } = await openDevice()
  return [
    { style: 'software', caps: { ...caps, software: true } },
    { style: 'gpu', caps: { ...caps, software: false } },
  ]
}

/** A GPU whose grids are at most 40 workgroups wide, so that every grid is folded. */
export async function narrowGpu(): Promise<Capabilities> {
  const { caps } = await openDevice()
  return { ...caps, software: false, maxWorkgroupsPerDimension: 40 }
}

/** Each value rounded to the nearest f16 (ties to even), still as f32. */
export function roundToHalf(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values, (value) => {
    const quantum = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value) || 1e-9))) - 10)
    const count = value / quantum
    const low = Math.floor(count)
    const up = count - low > 0.5 || (count - low === 0.5 && low % 2 !== 0)
    return (up ? low + 1 : low) * quantum
  })
}

/** Values as f16, two to a word, as a binding of f16 holds them. */
export function packHalf(values: ArrayLike<number>): Uint32Array {
  const bits = new Uint16Array(2 * Math.ceil(values.length / 2))
  for (const [i, value] of roundToHalf(values).entries()) {
    const size = Math.abs(value)
    const exponent = Math.max(-14, Math.floor(Math.log2(size || 1e-9)))
    const mantissa = size < 2 ** -14 ? size * 2 ** 24 : (exponent + 14) * 1024 + size * 2 ** (10 - exponent)
    bits[i] = (value < 0 ? 0x8000 : 0) | mantissa
  }
  return new Uint32Array(bits.buffer)
}

/** The first `length` values of a binding of f16. */
export function unpackHalf(buffer: ArrayBuffer, length: number): Float32Array {
  return Float32Array.from(new Uint16Array(buffer, 0, length), (bits) => {
    const exponent = (bits >> 10) & 31
    const mantissa = bits & 1023
    const size = exponent === 0 ? mantissa * 2 ** -24 : exponent === 31 ? (mantissa ? NaN : Infinity) : (1024 + mantissa) * 2 ** (exponent - 25)
    return bits & 0x8000 ? -size : size
  })
}
