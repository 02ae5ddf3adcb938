// Kernels of the rotary position embedding, alone or with the RMSNorm of each head that goes with it.

import applySource from '../../../shaders/rope_apply.wgsl?raw'
import { LabError } from '../../core/errors'
import { grid, type Capabilities, type Lowering } from '../kernel'
import { powerOfTwo, rowKernel, type Layout } from './launch'

export interface RopeShape {
  B: number
  T: number
  H: number
  /** head size, even */
  D: number
  base: number
  /** rotate backwards: the gradient of the forward rotation */
  inverse: boolean
  /** with it, each head is also divided by √(mean(x²) + eps) */
  eps?: number
  /** the gradient of that: x is then the gradient coming in, and `forward` (bound) what the forward read */
  grad?: boolean
}

/** Threads that a software adapter's cores are kept busy with. */
const SOFTWARE_THREADS = 128

/**
 * Rotary position embedding, half-split, with or without QK-norm.
 * y1 = x1·cos + x2·sin,  y2 = −x1·sin + x2·cos,  angle = t·base^(−2i/D);  with eps divided by √(mean(x²) + eps)
 * Bindings: x [B,T,H,D], y [B,T,H,D] overwritten, and with grad forward [B,T,H,D].
 * @throws LabError "gpu.shader" for an odd head size
 * Source: Su et al. 2021, arXiv:2104.09864; Zhang & Sennrich 2019, arXiv:1910.07467
 */
export function rope(shape: RopeShape, caps: Capabilities): Lowering {
  const { B, T, H, D, base, inverse, eps, grad = false } = shape
  if (D % 2 !== 0) throw new LabError('gpu.shader', `rope: head size ${D} is odd`, { hint: 'Use an even head size.' })
  const VEC = D % 8 === 0 ? 4 : 1
  const HALF = D / 2 / VEC
  // a thread's whole row is unrolled: very long ones would take seconds to compile
  const alone = caps.software && HALF <= 16
  const LANES = alone ? 1 : Math.min(powerOfTwo(HALF), 64)
  // rows that a thread turns by the same angles: all of a position's, unless that leaves cores idle
  const PER = alone ? Math.max(1, Math.min(B * H, Math.floor((B * H * T) / SOFTWARE_THREADS))) : 1
  const threads = LANES * T * Math.ceil((B * H) / PER)
  const workgroup = alone ? Math.min(64, Math.max(4, powerOfTwo(Math.ceil(threads / 16)))) : 64
  const layout: Layout = { lanes: LANES, workgroup, workgroups: grid(Math.ceil(threads / workgroup), caps) }
  const frequencies = Array.from({ length: D / 2 }, (_, i) => split(base ** ((-2 * i) / D) / (Math.PI / 2)))
  const bindings = grad ? ['x', 'y!', 'forward'] : ['x', 'y!']
  const kernel = rowKernel(grad ? 'rope_backward' : 'rope_apply', applySource, bindings, layout, {
    B, T, H, HALF, PER, VEC,
    V: VEC === 4 ? 'vec4f' : 'f32',
    U: Math.ceil(HALF / LANES),
    SUM: grad ? 'vec2f' : 'f32',
    NORM: eps !== undefined,
    GRAD: grad,
    EPS: eps ?? 0,
    sign: inverse ? -1 : 1,
    high: vectors(frequencies.map(([high]) => high), VEC),
    low: vectors(frequencies.map(([, low]) => low), VEC),
  }) // prettier-ignore
  return { kernels: [kernel] }
}

/** A frequency as two f32: eleven leading bits, whose product with any t < 8192 is exact, and the rest. */
function split(frequency: number): [high: number, low: number] {
  const unit = 2 ** (Math.floor(Math.log2(frequency)) - 10)
  const high = Math.floor(frequency / unit) * unit
  return [high, Math.fround(frequency - high)]
}

/** WGSL list of f32, or of vec4f made of four neighbours each. */
function vectors(values: number[], width: number): string {
  const literals = values.map((value) => `${value}f`)
  if (width === 1) return literals.join(', ')
  return Array.from({ length: values.length / 4 }, (_, i) => `vec4f(${literals.slice(4 * i, 4 * i + 4).join(', ')})`).join(', ')
}
