// Turns a fused elementwise expression into a kernel: straight-line WGSL over the primitives of shaders/lib.

import math from '../../../shaders/lib/math.wgsl?raw'
import library from '../../../shaders/lib/elementwise.wgsl?raw'
import template from '../../../shaders/elementwise.wgsl?raw'
import { LabError } from '../../core/errors'
import type { ElementwiseStep } from '../../graph/tape'
import { grid, type Access, type Capabilities, type Lowering } from '../kernel'
import { expandTemplate } from '../template'

export interface ElementwiseShape {
  shape: readonly number[]
  /** same rank as `shape`, with 1 where the input is broadcast */
  inputShapes: readonly (readonly number[])[]
  steps: readonly ElementwiseStep[]
  accumulate: boolean
}

/** Vec4s (or floats) a thread handles on a software adapter, where a workgroup costs about a microsecond. */
const SOFTWARE_PER = 16

/**
 * y (+)= expression over inputs. Bindings: x0, x1, … (read), y (read_write).
 * @throws LabError "gpu.shader" for a primitive that shaders/lib/elementwise.wgsl does not have
 */
export function elementwise({ shape, inputShapes, steps, accumulate }: ElementwiseShape, caps: Capabilities): Lowering {
  const size = shape.reduce((n, d) => n * d, 1)
  const last = shape.at(-1) ?? 1
  // one flat vector may be cut in fours anywhere; a broadcast input wants the cut along its last dim
  const flat = inputShapes.every((s) => s.reduce((n, d) => n * d, 1) === size)
  const wide = flat ? size % 4 === 0 : last % 4 === 0
  const count = wide ? size / 4 : size
  const inputs = inputShapes.map((s) => indexing(s, shape, wide))
  const per = caps.software ? Math.max(1, Math.min(SOFTWARE_PER, Math.ceil(count / 64 / 16))) : 1
  const workgroups = grid(Math.ceil(count / (64 * per)), caps)
  const bindings: { name: string; access: Access }[] = [
    ...inputs.map((_, i) => ({ name: `x${i}`, access: 'read' as const })),
    { name: 'y', access: 'read_write' },
  ]
  const declarations = inputs.map(
    (input, i) => `@group(0) @binding(${i}) var<storage, read> x${i}: array<${input.splat ? 'f32' : 'V'}>;`,
  )
  declarations.push(`@group(0) @binding(${inputs.length}) var<storage, read_write> y: array<V>;`)
  const used = new Set(inputs.map((_, i) => i).filter((i) => steps.some((s) => s.args.includes(i))))
  const body = [...used].map((i) => `      let v${i} = ${inputs[i].splat && wide ? `V(x${i}[${inputs[i].index}])` : `x${i}[${inputs[i].index}]`};`)
  body.push(...stepLines(steps).map((text) => `      ${text}`))
  const result = `s${steps.length - 1}`
  body.push(`      y[i] = ${accumulate ? `y[i] + ${result}` : result};`)
  const code = expandTemplate(template, {
    BINDINGS: declarations.join('\n'),
    FUNCTIONS: primitives(steps, wide),
    BODY: body.join('\n'),
    GRID_X: workgroups[0],
    PER: per,
    COUNT: count,
  })
  return { kernels: [{ name: nameOf(steps), code, bindings, workgroups }] }
}

/** One WGSL statement per step: inputs are v0, v1, …, results s0, s1, …, all of type V. */
export function stepLines(steps: readonly ElementwiseStep[]): string[] {
  return steps.map(({ fn, args, constants = [] }, s) => {
    const values = args.map((a) => (a >= 0 ? `v${a}` : `s${-1 - a}`))
    return `let s${s} = f_${fn}(${[...values, ...constants.map((c) => `V(${float(c)})`)].join(', ')});`
  })
}

/** Every primitive of the library, by name, with those it calls. */
const PRIMITIVES = new Map(
  library.split(/^(?=fn f_)/m).slice(1).map((text) => [/^fn f_(\w+)/.exec(text)![1], text] as const), // prettier-ignore
)

/**
 * WGSL of the type V (vec4f or f32) and of the primitives that the steps use, and no others: every one costs compile time.
 * @throws LabError "gpu.shader" for a primitive that shaders/lib/elementwise.wgsl does not have
 */
export function primitives(steps: readonly ElementwiseStep[], wide: boolean): string {
  if (steps.length === 0) return ''
  const used = new Set<string>()
  const use = (name: string) => {
    const text = PRIMITIVES.get(name)
    if (text === undefined) throw new LabError('gpu.shader', `elementwise: there is no primitive "${name}"`)
    if (used.has(name)) return
    used.add(name)
    for (const [, inner] of text.matchAll(/f_(\w+)\(/g)) use(inner)
  }
  for (const { fn } of steps) use(fn)
  const functions = [...PRIMITIVES].filter(([name]) => used.has(name)).map(([, text]) => text).join('') // prettier-ignore
  const expanded = expandTemplate(functions, { TANH: wide ? 'safeTanh4' : 'safeTanh' })
  return `alias V = ${wide ? 'vec4f' : 'f32'};\n${functions.includes('#{TANH}') ? math : ''}\n${expanded}`
}

/** A WGSL float literal. */
function float(value: number): string {
  const text = Math.fround(value).toString()
  return /[.e]/.test(text) ? text : `${text}.0`
}

function nameOf(steps: readonly ElementwiseStep[]): string {
  return `elementwise_${steps
    .map((s) => s.fn)
    .slice(-3)
    .join('_')}`
}

/**
 * WGSL index of a broadcast input at output index `i` (in vec4s when `wide`).
 * Neighbouring dims that the input either has or lacks together are merged first.
 */
function indexing(input: readonly number[], output: readonly number[], wide: boolean): { index: string; splat: boolean } {
  const full = input.reduce((n, d) => n * d, 1) === output.reduce((n, d) => n * d, 1)
  if (full) return { index: 'i', splat: false }
  const merged: { size: number; has: boolean }[] = []
  for (const [axis, size] of output.entries()) {
    if (size === 1) continue
    const has = input[axis] === size
    const previous = merged.at(-1)
    if (previous && previous.has === has) previous.size *= size
    else merged.push({ size, has })
  }
  const splat = !merged.at(-1)!.has
  const element = wide ? '(i * 4u)' : 'i'
  const terms: string[] = []
  let inner = 1
  let stride = 1
  for (let axis = merged.length - 1; axis >= 0; axis--) {
    const { size, has } = merged[axis]
    if (has) {
      const whole = inner === 1 ? element : `(${element} / ${inner}u)`
      const digit = axis === 0 ? whole : `(${whole} % ${size}u)`
      terms.push(stride === 1 ? digit : `${digit} * ${stride}u`)
      stride *= size
    }
    inner *= size
  }
  const index = terms.length === 0 ? '0u' : terms.join(' + ')
  return { index: wide && !splat ? `(${index}) / 4u` : index, splat }
}
