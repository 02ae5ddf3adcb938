// A fused elementwise expression as a table that the kernel follows step by step, a block of values at a time.

import { LabError } from '../../../core/errors'
import type { ElementwiseStep } from '../../../graph/tape'
import { call, NONE, SCRATCH, type WasmLowering } from './call'

/** The kernel's numbers are places in this list. */
export const PRIMITIVES = [
  'identity', 'neg', 'abs', 'square', 'sqrt', 'rsqrt', 'reciprocal', 'exp', 'log', 'sin', 'cos', 'sigmoid', 'tanh',
  'relu', 'reluSquared', 'gelu', 'silu', 'softcap', 'affine',
  'negSlope', 'absSlope', 'squareSlope', 'sqrtSlope', 'rsqrtSlope', 'reciprocalSlope', 'expSlope', 'logSlope',
  'sinSlope', 'cosSlope', 'sigmoidSlope', 'tanhSlope', 'reluSlope', 'reluSquaredSlope', 'geluSlope', 'siluSlope',
  'softcapSlope', 'add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'atLeast', 'above',
] // prettier-ignore

export interface ElementwiseShape {
  shape: readonly number[]
  /** same rank as `shape`, with 1 where the input is broadcast */
  inputShapes: readonly (readonly number[])[]
  steps: readonly ElementwiseStep[]
  accumulate: boolean
}

const BLOCK = 512
const MAX_INPUTS = 8
const MAX_RANK = 6
const PLACE_Y = -100

/**
 * y (+)= expression over inputs. Bindings: `names`, one per input (x0, x1, … if not given), and `y`; y may be an input.
 * @throws LabError "program.graph" for an unknown primitive, more than eight inputs or too many broadcast dimensions
 */
export function elementwise(
  { shape, inputShapes, steps, accumulate }: ElementwiseShape,
  names = inputShapes.map((_, i) => `x${i}`),
  y = 'y',
): WasmLowering {
  if (inputShapes.length > MAX_INPUTS) throw refuse(`${inputShapes.length} inputs; at most ${MAX_INPUTS}`)
  const views = inputShapes.map((input) => broadcast(input, shape))
  const free: number[] = []
  let slots = 0
  const take = () => free.pop() ?? slots++
  const words: number[] = [inputShapes.length, steps.length]
  const inputPlace = views.map((view, i) => {
    const slot = view ? take() : -1
    const { lengths, strides } = view ?? { lengths: [], strides: [] }
    const padded = (list: number[]) => [...list, ...Array<number>(MAX_RANK - list.length).fill(0)]
    words.push(slot, lengths.length, ...padded(lengths), ...padded(strides))
    return view ? slot : -1 - i
  })
  const lastUse = new Map<number, number>()
  for (const [s, { args }] of steps.entries()) for (const a of args) if (a < 0) lastUse.set(-1 - a, s)
  const stepPlace: number[] = []
  const floats: [at: number, value: number][] = []
  for (const [s, { fn, args, constants = [] }] of steps.entries()) {
    const primitive = PRIMITIVES.indexOf(fn)
    if (primitive < 0) throw refuse(`there is no primitive "${fn}"`)
    const places = args.map((a) => (a >= 0 ? inputPlace[a] : stepPlace[-1 - a]))
    // an argument that is not needed again gives its slot to the result: same element in, same element out
    for (const a of new Set(args)) if (a < 0 && lastUse.get(-1 - a) === s && stepPlace[-1 - a] >= 0) free.push(stepPlace[-1 - a])
    const own = s === steps.length - 1 ? PLACE_Y : take()
    stepPlace.push(own)
    words.push(primitive, places[0], places[1] ?? places[0], own)
    for (const i of [0, 1]) {
      floats.push([words.length, constants[i] ?? 0])
      words.push(0)
    }
  }
  const table = Int32Array.from(words)
  const view = new Float32Array(table.buffer)
  for (const [at, value] of floats) view[at] = value
  const count = shape.reduce((n, d) => n * d, 1)
  const inputs = [...names, ...Array<string>(MAX_INPUTS - names.length).fill(NONE)]
  const scratchBytes = 64 + 4 * BLOCK * (slots + 1)
  const pointers = ['table', y, ...inputs, SCRATCH]
  return {
    calls: [call('elementwise', Math.ceil(count / BLOCK), pointers, [count, accumulate ? 1 : 0], [], { scratchBytes })],
    constants: { table },
  }
}

/** Lengths and strides of a broadcast input over the output, outermost first; null when it has the output's size. */
function broadcast(input: readonly number[], output: readonly number[]): { lengths: number[]; strides: number[] } | null {
  const size = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1)
  if (size(input) === size(output)) return null
  const lengths: number[] = []
  const has: boolean[] = []
  for (const [axis, length] of output.entries()) {
    if (length === 1) continue
    const own = input[axis] === length
    // neighbouring dimensions that the input either has or lacks together are one
    if (has.at(-1) === own) lengths[lengths.length - 1] *= length
    else {
      lengths.push(length)
      has.push(own)
    }
  }
  if (lengths.length > MAX_RANK) throw refuse(`an input broadcast in ${lengths.length} alternating dimensions`)
  const strides = Array<number>(lengths.length).fill(0)
  for (let d = lengths.length - 1, stride = 1; d >= 0; d--) {
    if (!has[d]) continue
    strides[d] = stride
    stride *= lengths[d]
  }
  return { lengths, strides }
}

function refuse(message: string): LabError {
  return new LabError('program.graph', `elementwise: ${message}`)
}
