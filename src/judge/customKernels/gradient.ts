// The declared backward against differences of the forward, in f32: as far as f32 can tell, and no further.

import { Rng } from '../../core/rng'
import type { KernelInput } from '../../graph/wgsl/kernel'
import type { Size, Subject, Values } from './subject'

const SEED = 60
/** Differences are taken over ±STEP and half of it, and extrapolated: an error of order STEP⁴. */
const STEP = 0.02
const RTOL = 0.02
/** Rounds of one input: with 48 tokens in each, every element of up to 768 is looked at. */
const ROUNDS = 16
/** Elements of a parameter that are looked at one by one; besides them all at once, along the declared gradient. */
const PARAM_ELEMENTS = 10
/** Fewer than this share of places may be too rough to tell: kinks are few among random values. */
const ROUGH = 0.5

/** One place of one input, what the backward says of it, and what the differences say. */
interface Place {
  where: string
  declared: number
  coarse: number
  fine: number
}

/** What is wrong with the declared backward, or null. Σ dy·y is differentiated, dy standard normal. */
export async function checkGradient(subject: Subject): Promise<string | null> {
  const size: Size = subject.kernel.per === 'row' ? { B: 12, T: 5 } : { B: 4, T: 12 }
  const values = subject.draw(size, SEED)
  const dy = subject.drawOutput(size, SEED + 1)
  const { y } = await subject.forward(size, values)
  const { gradients } = await subject.backward(size, values, y, dy)
  for (const input of subject.kernel.inputs) {
    const bench = { subject, size, values, dy, input, declared: gradients[input.name] }
    const places = input.batch ? await ofActivation(bench) : await ofParameter(bench)
    const flaw = compare(input.name, places, noiseOf(y, dy, size))
    if (flaw) return flaw
  }
  return null
}

interface Bench {
  subject: Subject
  size: Size
  values: Values
  dy: Float32Array
  input: KernelInput
  declared: Float32Array
}

/** Tokens (per row: rows) do not see each other, so one element of each is moved at a time, another one each round. */
async function ofActivation(bench: Bench): Promise<Place[]> {
  const { subject, size, input, declared } = bench
  const isRow = subject.kernel.per === 'row'
  const units = isRow ? size.B : size.B * size.T
  const rng = new Rng(SEED, input.name)
  const places: Place[] = []
  for (let round = 0; round < Math.min(ROUNDS, Math.max(2, Math.ceil((3 * input.size) / units))); round++) {
    const at = Array.from({ length: units }, (_, unit) => {
      const element = (round * units + unit) % input.size
      return (isRow ? unit * size.T + rng.int(size.T) : unit) * input.size + element
    })
    const [coarse, fine] = [await differences(bench, at, STEP), await differences(bench, at, STEP / 2)]
    for (const [unit, place] of at.entries()) {
      const token = Math.floor(place / input.size)
      const where = `element ${place % input.size} of token ${token % size.T} of row ${Math.floor(token / size.T)}`
      places.push({ where, declared: declared[place], coarse: coarse[unit], fine: fine[unit] })
    }
  }
  return places
}

/** Every token sees a parameter, so its elements are moved one after the other; then all along the declared gradient. */
async function ofParameter(bench: Bench): Promise<Place[]> {
  const { input, declared } = bench
  const sum = new Float64Array(input.size)
  for (const [i, value] of declared.entries()) sum[i % input.size] += value
  const rng = new Rng(SEED, input.name)
  const elements = new Set([0, input.size - 1])
  while (elements.size < Math.min(PARAM_ELEMENTS, input.size)) elements.add(rng.int(input.size))
  const places: Place[] = []
  for (const element of elements) {
    const move = (step: number) => along(bench, step, (i) => (i === element ? 1 : 0))
    places.push({ where: `element ${element}`, declared: sum[element], coarse: await move(STEP), fine: await move(STEP / 2) })
  }
  const most = sum.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-30)
  const move = (step: number) => along(bench, step, (i) => sum[i] / most)
  places.push({
    where: 'all elements at once',
    declared: sum.reduce((total, value) => total + (value * value) / most, 0),
    coarse: await move(STEP),
    fine: await move(STEP / 2),
  })
  return places
}

/** Central differences by the elements `at`, one in each unit: what moves in a unit is that element's doing. */
async function differences({ subject, size, values, dy, input }: Bench, at: readonly number[], step: number): Promise<number[]> {
  const [up, down] = [1, -1].map((sign) => {
    const moved = values[input.name].slice()
    for (const place of at) moved[place] += sign * step
    return moved
  })
  const high = await subject.forward(size, { ...values, [input.name]: up })
  const low = await subject.forward(size, { ...values, [input.name]: down })
  const length = dy.length / at.length
  return at.map((place, unit) => slope(high.y, low.y, dy, unit * length, (unit + 1) * length) / (up[place] - down[place]))
}

/** Central difference of a parameter along a direction. */
async function along({ subject, size, values, dy, input }: Bench, step: number, direction: (i: number) => number): Promise<number> {
  const runs = [1, -1].map((sign) => values[input.name].map((value, i) => value + sign * step * direction(i)))
  const [high, low] = [await subject.forward(size, { ...values, [input.name]: runs[0] }), await subject.forward(size, { ...values, [input.name]: runs[1] })]
  return slope(high.y, low.y, dy, 0, dy.length) / (2 * step)
}

/** Σ dy·(high − low), in f64, so that what did not move adds no rounding. */
function slope(high: Float32Array, low: Float32Array, dy: Float32Array, from: number, to: number): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += dy[i] * (high[i] - low[i])
  return sum
}

/** How far f32 rounding of y can move a difference quotient: half a bit of each output, as random walks add up. */
function noiseOf(y: Float32Array, dy: Float32Array, { B, T }: Size): number {
  const squares = y.reduce((sum, value, i) => sum + (value * dy[i]) ** 2, 0)
  return (4 * 2 ** -24 * Math.sqrt(squares / (B * T)) * Math.sqrt(T)) / STEP
}

function compare(name: string, places: readonly Place[], noise: number): string | null {
  const scale = Math.sqrt(places.reduce((sum, { fine }) => sum + fine * fine, 0) / places.length)
  let rough = 0
  for (const { where, declared, coarse, fine } of places) {
    const measured = (4 * fine - coarse) / 3
    const tolerance = RTOL * Math.max(Math.abs(declared), Math.abs(measured)) + 2e-3 * scale + noise
    // where two steps disagree there is a kink, or a curve that this step cannot follow
    if (!(Math.abs(coarse - fine) <= tolerance)) rough++
    else if (!(Math.abs(declared - measured) <= tolerance))
      return `d${name}, ${where}: the backward says ${declared.toPrecision(4)}, differences of the forward say ${measured.toPrecision(4)}`
  }
  if (rough < ROUGH * places.length) return null
  return `d${name}: the forward jumps or bends too sharply to be differentiated at ${rough} of ${places.length} places`
}
