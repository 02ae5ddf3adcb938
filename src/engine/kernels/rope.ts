import applySource from '../../../shaders/rope_apply.wgsl?raw'
import { LabError } from '../../core/errors'
import { grid, type Capabilities, type Lowering } from '../kernel'
import { expandTemplate } from '../template'

export interface RopeShape {
  B: number
  T: number
  H: number
  /** head size, even */
  D: number
  base: number
  /** rotate backwards: the gradient of the forward rotation */
  inverse: boolean
}

/**
 * Rotary position embedding, half-split.
 * y1 = x1·cos + x2·sin,  y2 = −x1·sin + x2·cos,  angle = t·base^(−2i/D)
 * Bindings: x [B,T,H,D], y [B,T,H,D] overwritten.
 * @throws LabError "gpu.shader" for an odd head size
 * Source: Su et al. 2021, arXiv:2104.09864
 */
export function rope({ B, T, H, D, base, inverse }: RopeShape, caps: Capabilities): Lowering {
  if (D % 2 !== 0) throw new LabError('gpu.shader', `rope: head size ${D} is odd`, { hint: 'Use an even head size.' })
  const half = D / 2
  const frequencies = Array.from({ length: half }, (_, i) => split(base ** ((-2 * i) / D) / (Math.PI / 2)))
  const vars = { B, T, H, D, sign: inverse ? -1 : 1, frequencies: frequencies.join(', ') }
  return {
    kernels: [
      {
        name: 'rope_apply',
        code: expandTemplate(applySource, vars),
        bindings: [
          { name: 'x', access: 'read' },
          { name: 'y', access: 'read_write' },
        ],
        workgroups: grid(Math.ceil((T * half) / 64), caps),
      },
    ],
  }
}

/** A frequency as two f32: eleven leading bits, whose product with any t < 8192 is exact, and the rest. */
function split(frequency: number): string {
  const unit = 2 ** (Math.floor(Math.log2(frequency)) - 10)
  const high = Math.floor(frequency / unit) * unit
  return `vec2f(${high}f, ${Math.fround(frequency - high)}f)`
}
