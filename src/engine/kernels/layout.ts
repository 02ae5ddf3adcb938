// Copies between views, which is all that slice, concat, transpose and their gradients are.

import fillSource from '../../../shaders/copy_fill.wgsl?raw'
import stridedSource from '../../../shaders/copy_strided.wgsl?raw'
import { LabError } from '../../core/errors'
import type { Capabilities, Lowering } from '../kernel'
import { stridedKernel } from './launch'

export interface StridedCopy {
  /** index ranges, at most six, innermost last; [] is one element */
  dims: readonly number[]
  /** elements between neighbours along each dim */
  inStrides: readonly number[]
  inOffset: number
  outStrides: readonly number[]
  outOffset: number
  /** add to y instead of overwriting it */
  accumulate: boolean
}

/**
 * Copies one strided view into another.
 * y[outOffset + Σ_d i_d·outStrides_d] (+)= x[inOffset + Σ_d i_d·inStrides_d]
 * Bindings: x, y; what the out view does not cover is left alone. The out view must not overlap itself.
 * @throws LabError "gpu.shader" for more than six dims, or strides that do not match them
 */
export function copyStrided(copy: StridedCopy, caps: Capabilities): Lowering {
  const rank = copy.dims.length
  if (rank > 6 || copy.inStrides.length !== rank || copy.outStrides.length !== rank) {
    const strides = `${copy.inStrides.length} and ${copy.outStrides.length} strides`
    throw new LabError('gpu.shader', `copyStrided: ${rank} dims with ${strides}; at most six dims, one stride each`)
  }
  const view = merge(copy)
  const W = canVectorise(view) ? 4 : 1
  const inner = view.dims.length - 1
  // in vectors: offsets and outer strides shrink, the innermost range too
  const dims = view.dims.map((n, d) => (d === inner ? n / W : n))
  const shrink = (strides: readonly number[]) => strides.map((s, d) => (d === inner ? s : s / W))
  const inStrides = shrink(view.inStrides)
  const outStrides = shrink(view.outStrides)
  const steps: string[] = []
  for (let d = inner; d >= 0; d--) {
    const index = d > 0 ? `rest % ${dims[d]}u` : 'rest'
    steps.push(`  source += ${index} * ${inStrides[d]}u;`, `  destination += ${index} * ${outStrides[d]}u;`)
    if (d > 0) steps.push(`  rest /= ${dims[d]}u;`)
  }
  const count = dims.reduce((n, d) => n * d, 1)
  const vars = {
    VEC: W === 4 ? 'vec4f' : 'f32',
    ACCUMULATE: copy.accumulate,
    inOffset: copy.inOffset / W,
    outOffset: copy.outOffset / W,
    steps: steps.join('\n'),
  }
  return { kernels: [stridedKernel('copy_strided', stridedSource, ['x', 'y!'], count, vars, caps)] }
}

/**
 * Sets `count` elements to one value.
 * Bindings: y [count] overwritten.
 */
export function fill({ count, value }: { count: number; value: number }, caps: Capabilities): Lowering {
  const W = count % 4 === 0 ? 4 : 1
  const vars = { VEC: W === 4 ? 'vec4f' : 'f32', value: `${Math.fround(value)}f` }
  return { kernels: [stridedKernel('copy_fill', fillSource, ['y!'], count / W, vars, caps)] }
}

/** The same view in as few dims as it takes: ranges of one go, and neighbours contiguous on both sides join. */
function merge({ dims, inStrides, outStrides, inOffset, outOffset }: StridedCopy) {
  const merged = { dims: [] as number[], inStrides: [] as number[], outStrides: [] as number[], inOffset, outOffset }
  for (let d = 0; d < dims.length; d++) {
    const last = merged.dims.length - 1
    if (dims[d] === 1) continue
    if (
      last >= 0 &&
      merged.inStrides[last] === dims[d] * inStrides[d] &&
      merged.outStrides[last] === dims[d] * outStrides[d]
    ) {
      merged.dims[last] *= dims[d]
      merged.inStrides[last] = inStrides[d]
      merged.outStrides[last] = outStrides[d]
    } else {
      merged.dims.push(dims[d])
      merged.inStrides.push(inStrides[d])
      merged.outStrides.push(outStrides[d])
    }
  }
  if (merged.dims.length === 0) return { ...merged, dims: [1], inStrides: [1], outStrides: [1] }
  return merged
}

function canVectorise({ dims, inStrides, outStrides, inOffset, outOffset }: ReturnType<typeof merge>): boolean {
  const inner = dims.length - 1
  const outer = [...inStrides.slice(0, inner), ...outStrides.slice(0, inner)]
  return (
    inStrides[inner] === 1 &&
    outStrides[inner] === 1 &&
    [dims[inner], inOffset, outOffset, ...outer].every((n) => n % 4 === 0)
  )
}
