// Matrix products as calls.

import type { Epilogue } from '../../../graph/tape'
import { call, NONE, SCRATCH, type WasmCall, type WasmLowering } from './call'
import { elementwise } from './elementwise'

export type Orient = 'NN' | 'NT' | 'TN'

export interface MatmulShape {
  orient: Orient
  M: number
  N: number
  K: number
  /** products of the same shape, `strides` floats apart */
  batch?: { count: number; a: number; b: number; c: number }
  /** C = mixture[0]·A·B + mixture[1]·D */
  mix?: boolean
  /** binding of what is added to every row, f32 [N] */
  bias?: string
  /** factors of the rows: [M]; for TN [K], of both operands' common rows */
  scale?: boolean
  accumulate?: boolean
  /** C equals its transpose: half of it is computed and mirrored */
  symmetric?: boolean
  epilogue?: Omit<Epilogue, 'inputs' | 'pre'> & { pre: boolean }
}

/** Bytes of packed columns of B that a thread keeps: half of a usual second-level cache. */
const PANEL_BYTES = 512 * 1024
/** Narrower blocks when C has few rows: otherwise threads have too few units to share. */
const FEW_STRIPS = 64
const NARROW = 128

/**
 * C = op(A)·op(B) and what follows it; bindings a, b, c, then scale, d and mixture, e0, e1, …, pre if any.
 * An epilogue is a second call over the product; `product` is a temporary where C cannot hold it in between.
 */
export function matmul(shape: MatmulShape): WasmLowering {
  const { epilogue, accumulate = false, M, N } = shape
  if (!epilogue) return { calls: [product(shape, 'c', accumulate)] }
  if (addsBias(epilogue, N)) return { calls: [product({ ...shape, bias: 'e0' }, 'c', accumulate)] }
  const held = epilogue.pre ? 'pre' : accumulate ? 'product' : 'c'
  const names = [held, ...epilogue.inputShapes.map((_, i) => `e${i}`)]
  const full = [M, N]
  // an epilogue without steps only keeps the value
  const steps = epilogue.steps.length > 0 ? epilogue.steps : [{ fn: 'identity', args: [0] }]
  const after = elementwise({ shape: full, inputShapes: [full, ...epilogue.inputShapes], steps, accumulate }, names, 'c')
  return {
    calls: [product(shape, held, false), ...after.calls],
    constants: after.constants,
    temporaries: held === 'product' ? { product: 4 * M * N } : {},
  }
}

/** Whether all that follows the product is one addition to every row, which the kernel does by itself. */
function addsBias({ steps, inputShapes, pre }: NonNullable<MatmulShape['epilogue']>, N: number): boolean {
  const [rows, cols] = inputShapes[0] ?? []
  const [{ fn, args } = { fn: '', args: [0] }] = steps
  return !pre && steps.length === 1 && fn === 'add' && [...args].sort().join() === '0,1' && rows === 1 && cols === N
}

function product(shape: MatmulShape, c: string, accumulate: boolean): WasmCall {
  const { orient, M, N, K, batch } = shape
  const count = batch?.count ?? 1
  const strips = Math.ceil(M / 4)
  const fitting = 8 * Math.max(1, Math.floor(PANEL_BYTES / (32 * K)))
  const NC = Math.min(8 * Math.ceil(N / 8), fitting, strips < FEW_STRIPS ? NARROW : Infinity)
  const flags = (accumulate ? 1 : 0) | (shape.symmetric ? 2 : 0)
  const optional = (name: string, present?: boolean) => (present ? name : NONE)
  return call(
    'matmul',
    count * Math.ceil(N / NC) * strips,
    ['a', 'b', c, shape.bias ?? NONE, optional('scale', shape.scale), optional('d', shape.mix), optional('mixture', shape.mix), SCRATCH],
    [['NN', 'NT', 'TN'].indexOf(orient), M, N, K, NC, batch?.a ?? 0, batch?.b ?? 0, batch?.c ?? 0, flags],
    [],
    { scratchBytes: 128 + 4 * K * NC + (orient === 'TN' ? 16 * K : 0), flops: 2 * M * N * K * count },
  )
}

/** Rows, columns and depth of a call's product, and how many there are of them; null for any other call. */
export function sidesOf({ fn, ints, flops }: WasmCall): [M: number, N: number, K: number, count: number] | null {
  if (fn !== 'matmul') return null
  const [, M, N, K] = ints
  return [M, N, K, Math.round(flops / (2 * M * N * K))]
}
