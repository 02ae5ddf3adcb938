// What a custom kernel must pass before a model is trained with it. Each gate looks at the kernel alone, on a few tokens,
// and says what it found; the first that fails ends the ladder.

import type { KernelGateName } from '../types'
import { checkGradient } from './gradient'
import { isSame, type Forward, type Size, type Subject, type Values } from './subject'

export interface KernelGate {
  gate: KernelGateName
  /** what is wrong, or null */
  check(subject: Subject): Promise<string | null>
  /** what to do about it */
  hint: string
}

const SEED = 1
/** Most gates use one size: compiling is what takes their time. */
const SIZE: Size = { B: 3, T: 6 }
/** One token, one row, many rows; sizes that are no multiples of anything. */
const SIZES: readonly Size[] = [{ B: 1, T: 1 }, { B: 1, T: 67 }, { B: 3, T: 33 }] // prettier-ignore
/** Tokens of a row that are looked at alone. */
const ALONE = 17
/** The same kernel at another size may be compiled differently: last bits may differ. */
const TOLERANCE = 1e-4

export const KERNEL_GATES: readonly KernelGate[] = [
  { gate: 'kernel:compile', check: compiles, hint: 'Mend the kernel at this line: the message is the compiler’s.' },
  { gate: 'kernel:smoke', check: runs, hint: 'Ordinary inputs (standard normal) must give numbers: hold what you divide by, and what you take the root or the logarithm of, away from 0; raise trips, or write only elements e with e % lanes = lane.' },
  { gate: 'kernel:shapes', check: anySize, hint: 'A result may only depend on the tokens themselves, not on how many there are: no fixed T, no fixed number of rows.' },
  { gate: 'kernel:values', check: anyValues, hint: 'Inputs of 0 and next to 0 must give numbers: add a small constant before dividing, or taking a root or a logarithm.' },
  { gate: 'kernel:isolation', check: staysApart, hint: 'A token may not reach another token (per row: an earlier one), or another row.' },
  { gate: 'kernel:repeat', check: repeats, hint: 'The same inputs must give the same bits: write every element once, by the lane that owns it.' },
  { gate: 'kernel:gradient', check: checkGradient, hint: 'The backward must be the derivative of the forward, times dy: compare your formula with the numbers named here.' },
]

async function compiles(subject: Subject): Promise<string | null> {
  return (await subject.compile('forward', SIZE)) ?? (await subject.compile('backward', SIZE))
}

async function runs(subject: Subject): Promise<string | null> {
  return firstFlaw(subject, SIZE, subject.draw(SIZE, SEED), true)
}

/** Every row of a batch must be what it is alone, and the first tokens of a row what they are without the others. */
async function anySize(subject: Subject): Promise<string | null> {
  for (const size of SIZES) {
    const { B, T } = size
    const values = subject.draw(size, SEED + T)
    const flaw = await firstFlaw(subject, size, values, true)
    if (flaw) return `${flaw}, with ${B} rows of ${T} tokens`
    const { y } = await subject.forward(size, values)
    const alone = { B: 1, T: Math.min(T, ALONE) }
    const row = B - 1
    const start = await subject.forward(alone, part(subject, size, values, row, alone.T))
    const length = subject.kernel.size * alone.T
    const from = row * T * subject.kernel.size
    const off = firstFar(start.y, y.subarray(from, from + length))
    if (off >= 0)
      return `element ${off % subject.kernel.size} of token ${Math.floor(off / subject.kernel.size)} is ${start.y[off]} alone and ${y[from + off]} in a batch of ${B} rows of ${T} tokens`
  }
  return null
}

async function anyValues(subject: Subject): Promise<string | null> {
  const kinds: [name: string, finite: boolean, value: (drawn: number, i: number) => number][] = [
    ['zeros', true, () => 0],
    ['negative zeros', true, () => -0],
    ['the smallest numbers', true, (_, i) => (i % 2 ? -1 : 1) * 1e-45],
    ['numbers around 1e-38', true, (drawn) => drawn * 1e-38],
    ['numbers around 10', true, (drawn) => 10 * drawn],
    ['numbers around 1e19', false, (drawn) => drawn * 1e19],
    ['the largest numbers', false, (_, i) => (i % 2 ? -1 : 1) * 3.4e38],
    ['infinities', false, (_, i) => (i % 2 ? -1 : 1) * Infinity],
    ['NaN', false, () => NaN],
  ]
  for (const [name, finite, value] of kinds) {
    const drawn = subject.draw(SIZE, SEED + 20)
    // activations can be anything; parameters stay ordinary
    for (const { name: input, batch } of subject.kernel.inputs) if (batch) drawn[input] = drawn[input].map(value)
    const flaw = await firstFlaw(subject, SIZE, drawn, finite)
    // beyond ordinary values a kernel may use up its trips: it must only end
    if (flaw && finite) return `${flaw}, when its inputs are ${name}`
  }
  return null
}

/** Poisons one token of one row, in turn: whatever may not see it keeps its bits. */
async function staysApart(subject: Subject): Promise<string | null> {
  const { kernel } = subject
  const size = SIZE
  const values = subject.draw(size, SEED + 30)
  const dy = subject.drawOutput(size, SEED + 31)
  const before = await subject.forward(size, values)
  const backBefore = await subject.backward(size, values, before.y, dy)
  const [row, token] = [1, 3]
  const place = row * size.T + token
  for (const { name, size: wide } of kernel.inputs.filter(({ batch }) => batch))
    for (const poison of [NaN, 1e30]) {
      const spoilt = values[name].slice().fill(poison, place * wide, (place + 1) * wide)
      const after = await subject.forward(size, { ...values, [name]: spoilt })
      const reached = firstReached(size, kernel.size, before.y, after.y, (b, t) => b === row && (kernel.per === 'row' ? t >= token : t === token))
      if (reached) return `${name} of token ${token} of row ${row} reached the output of ${reached}`
      const back = await subject.backward(size, { ...values, [name]: spoilt }, before.y, dy)
      const leaked = gradientReached(subject, size, backBefore.gradients, back.gradients, row, token)
      if (leaked) return `${name} of token ${token} of row ${row} reached ${leaked}`
    }
  const spoilt = dy.slice().fill(NaN, place * kernel.size, (place + 1) * kernel.size)
  const back = await subject.backward(size, values, before.y, spoilt)
  const leaked = gradientReached(subject, size, backBefore.gradients, back.gradients, row, token)
  return leaked && `dy of token ${token} of row ${row} reached ${leaked}`
}

async function repeats(subject: Subject): Promise<string | null> {
  const size = SIZE
  const values = subject.draw(size, SEED + 40)
  const dy = subject.drawOutput(size, SEED + 41)
  const first = await subject.forward(size, values)
  const firstBack = await subject.backward(size, values, first.y, dy)
  // what the memory held before must not matter either
  for (const stale of [-3, NaN]) {
    const again = await subject.forward(size, values, stale)
    if (!isSame(first.y, again.y)) return 'forward gave other bits the second time'
    const back = await subject.backward(size, values, first.y, dy, stale)
    for (const [name, gradient] of Object.entries(firstBack.gradients))
      if (!isSame(gradient, back.gradients[name])) return `backward gave other bits of d${name} the second time`
  }
  return null
}

/** What is wrong with one forward and one backward run. */
async function firstFlaw(subject: Subject, size: Size, values: Values, finite: boolean): Promise<string | null> {
  const forward = await subject.forward(size, values)
  const dy = subject.drawOutput(size, SEED + 50)
  const backward = await subject.backward(size, values, forward.y, dy)
  for (const [which, { fault, touched }] of Object.entries({ forward, backward })) {
    if (touched) return `${which} changed its input ${touched}`
    if (fault && finite) return `${which}: ${fault}`
  }
  if (!finite) return null
  return notFinite(subject, forward) ?? gradientsNotFinite(subject, backward.gradients)
}

function notFinite({ kernel }: Subject, { y }: Forward): string | null {
  const at = y.findIndex((value) => !Number.isFinite(value))
  return at < 0 ? null : `forward gave ${y[at]} for element ${at % kernel.size} of token ${Math.floor(at / kernel.size)}`
}

function gradientsNotFinite({ kernel }: Subject, gradients: Readonly<Record<string, Float32Array>>): string | null {
  for (const { name, size } of kernel.inputs) {
    const at = gradients[name].findIndex((value) => !Number.isFinite(value))
    if (at >= 0) return `backward gave ${gradients[name][at]} for element ${at % size} of d${name}`
  }
  return null
}

/** The first `T` tokens of one row of a batch. */
function part({ kernel }: Subject, size: Size, values: Values, row: number, T: number): Values {
  return Object.fromEntries(
    kernel.inputs.map(({ name, size: wide, batch }) => {
      const from = row * size.T * wide
      return [name, batch ? values[name].slice(from, from + T * wide) : values[name]]
    }),
  )
}

function firstFar(a: Float32Array, b: Float32Array): number {
  const scale = a.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
  return a.findIndex((value, i) => !(Math.abs(value - b[i]) <= TOLERANCE * scale))
}

/** The first token whose bits changed though it may not see what was spoilt. */
function firstReached({ B, T }: Size, wide: number, a: Float32Array, b: Float32Array, sees: (row: number, token: number) => boolean): string | null {
  for (let row = 0; row < B; row++)
    for (let token = 0; token < T; token++) {
      const from = (row * T + token) * wide
      if (!sees(row, token) && !isSame(a, b, from, from + wide)) return `token ${token} of row ${row}`
    }
  return null
}

/** Gradients may change within what a call sees: its token, per row the row. */
function gradientReached(subject: Subject, size: Size, before: Values, after: Values, row: number, token: number): string | null {
  const isRow = subject.kernel.per === 'row'
  for (const { name, size: wide, batch } of subject.kernel.inputs) {
    // the parts of a parameter's gradient lie as tokens do, or one a row
    const shape = batch || !isRow ? size : { B: size.B, T: 1 }
    const reached = firstReached(shape, wide, before[name], after[name], (b, t) => b === row && (isRow || t === token))
    if (reached) return `d${name} of ${reached}`
  }
  return null
}
