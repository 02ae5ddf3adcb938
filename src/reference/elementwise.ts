// Oracles of the elementwise ops. Each unary op is stated twice, as value and as slope, side by side.

import type { Attrs, BinaryOp, UnaryOp } from '../graph/ir'
import { LabError } from '../core/errors'

function attr(attrs: Attrs, name: string): number {
  const value = attrs[name]
  if (typeof value === 'number') return value
  throw new LabError('program.graph', `The attribute "${name}" must be a number.`, {
    hint: `Give the op a numeric ${name}.`,
  })
}

const GELU_OUTER = Math.sqrt(2 / Math.PI)
const GELU_CUBIC = 0.044715

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** f(x) */
function unaryValue(op: UnaryOp, x: number, attrs: Attrs): number {
  switch (op) {
    case 'neg':
      return -x
    case 'abs':
      return Math.abs(x)
    case 'square':
      return x * x
    case 'sqrt':
      return Math.sqrt(x)
    case 'rsqrt':
      return 1 / Math.sqrt(x)
    case 'reciprocal':
      return 1 / x
    case 'exp':
      return Math.exp(x)
    case 'log':
      return Math.log(x)
    case 'sin':
      return Math.sin(x)
    case 'cos':
      return Math.cos(x)
    case 'sigmoid':
      return sigmoid(x)
    case 'tanh':
      return Math.tanh(x)
    case 'relu':
      return x > 0 ? x : 0
    case 'reluSquared':
      return x > 0 ? x * x : 0
    case 'gelu':
      return 0.5 * x * (1 + Math.tanh(GELU_OUTER * (x + GELU_CUBIC * x ** 3)))
    case 'silu':
      return x * sigmoid(x)
    case 'softcap':
      return attr(attrs, 'cap') * Math.tanh(x / attr(attrs, 'cap'))
    case 'affine':
      return attr(attrs, 'scale') * x + attr(attrs, 'offset')
  }
}

/** f'(x) */
function unarySlope(op: UnaryOp, x: number, attrs: Attrs): number {
  switch (op) {
    case 'neg':
      return -1
    case 'abs':
      return Math.sign(x)
    case 'square':
      return 2 * x
    case 'sqrt':
      return 0.5 / Math.sqrt(x)
    case 'rsqrt':
      return -0.5 / (x * Math.sqrt(x))
    case 'reciprocal':
      return -1 / (x * x)
    case 'exp':
      return Math.exp(x)
    case 'log':
      return 1 / x
    case 'sin':
      return Math.cos(x)
    case 'cos':
      return -Math.sin(x)
    case 'sigmoid':
      return sigmoid(x) * (1 - sigmoid(x))
    case 'tanh':
      return 1 - Math.tanh(x) ** 2
    case 'relu':
      return x > 0 ? 1 : 0
    case 'reluSquared':
      return x > 0 ? 2 * x : 0
    case 'gelu': {
      const t = Math.tanh(GELU_OUTER * (x + GELU_CUBIC * x ** 3))
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU_OUTER * (1 + 3 * GELU_CUBIC * x * x)
    }
    case 'silu':
      return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))
    case 'softcap':
      return 1 - Math.tanh(x / attr(attrs, 'cap')) ** 2
    case 'affine':
      return attr(attrs, 'scale')
  }
}

/**
 * Applies a unary op to every element; formulas stand beside UNARY_OPS.
 * @param x any shape
 * @param attrs `cap` for softcap, `scale` and `offset` for affine
 * @returns y of x's shape, new
 * @throws LabError "program.graph" if a needed attribute is not a number
 */
export function unaryForward(op: UnaryOp, x: Float64Array, attrs: Attrs): Float64Array {
  return x.map((value) => unaryValue(op, value, attrs))
}

/**
 * Gradient of unaryForward; the slope at a kink (relu, reluSquared, abs at 0) is 0.
 * dX = dOut·f'(x)
 * @param dOut x's shape
 * @returns dX of x's shape, new
 * @throws LabError "program.graph" if a needed attribute is not a number
 */
export function unaryBackward(op: UnaryOp, dOut: Float64Array, x: Float64Array, attrs: Attrs): Float64Array {
  return x.map((value, i) => dOut[i] * unarySlope(op, value, attrs))
}

/** f(a, b) */
function binaryValue(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'mul':
      return a * b
    case 'div':
      return a / b
    case 'maximum':
      return a >= b ? a : b
    case 'minimum':
      return a <= b ? a : b
  }
}

/** [∂f/∂a, ∂f/∂b]; a tie of maximum or minimum belongs to a. */
function binarySlopes(op: BinaryOp, a: number, b: number): [number, number] {
  switch (op) {
    case 'add':
      return [1, 1]
    case 'sub':
      return [1, -1]
    case 'mul':
      return [b, a]
    case 'div':
      return [1 / b, -a / (b * b)]
    case 'maximum':
      return a >= b ? [1, 0] : [0, 1]
    case 'minimum':
      return a <= b ? [1, 0] : [0, 1]
  }
}

/** Where element `index` of `outShape` finds its operand in `shape`, right-aligned; a length of 1 repeats. */
function broadcastIndex(index: number, outShape: readonly number[], shape: readonly number[]): number {
  let rest = index
  let at = 0
  let stride = 1
  for (let axis = outShape.length - 1; axis >= 0; axis--) {
    const coordinate = rest % outShape[axis]
    rest = (rest - coordinate) / outShape[axis]
    const own = axis - (outShape.length - shape.length)
    if (own < 0) break
    if (shape[own] > 1) at += coordinate * stride
    stride *= shape[own]
  }
  return at
}

/**
 * Applies a binary op with right-aligned (NumPy) broadcasting.
 * @param aShape full shape of a; each length equals outShape's from the right, or is 1, or is missing
 * @param bShape the same for b
 * @returns y of outShape, new
 */
export function binaryForward(
  op: BinaryOp,
  a: Float64Array,
  aShape: readonly number[],
  b: Float64Array,
  bShape: readonly number[],
  outShape: readonly number[],
): Float64Array {
  const y = new Float64Array(outShape.reduce((n, d) => n * d, 1))
  for (let i = 0; i < y.length; i++) {
    y[i] = binaryValue(op, a[broadcastIndex(i, outShape, aShape)], b[broadcastIndex(i, outShape, bShape)])
  }
  return y
}

/**
 * Gradients of binaryForward; a repeated element collects the gradient of every use.
 * dA = Σ dOut·∂f/∂a,  dB = Σ dOut·∂f/∂b over the broadcast axes
 * @param dOut outShape
 * @returns dA of aShape, dB of bShape, both new
 */
export function binaryBackward(
  op: BinaryOp,
  dOut: Float64Array,
  a: Float64Array,
  aShape: readonly number[],
  b: Float64Array,
  bShape: readonly number[],
  outShape: readonly number[],
): { dA: Float64Array; dB: Float64Array } {
  const dA = new Float64Array(a.length)
  const dB = new Float64Array(b.length)
  for (let i = 0; i < dOut.length; i++) {
    const ai = broadcastIndex(i, outShape, aShape)
    const bi = broadcastIndex(i, outShape, bShape)
    const [slopeA, slopeB] = binarySlopes(op, a[ai], b[bi])
    dA[ai] += dOut[i] * slopeA
    dB[bi] += dOut[i] * slopeB
  }
  return { dA, dB }
}
