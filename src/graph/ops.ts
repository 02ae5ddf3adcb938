// Every op of the language, by name.

import type { OpName } from './ir'
import { attention, rope } from './ops/attention'
import { wgsl } from './ops/custom'
import { elementwiseOps } from './ops/elementwise'
import { concat, reshape, slice, transpose } from './ops/layout'
import { embedding, linear } from './ops/linear'
import { layerNorm, mean, rmsNorm, softmax, sum } from './ops/norm'
import { conv, dropout, shift } from './ops/sequence'
import { constant, param, tokens } from './ops/source'
import type { OpDef } from './opDef'
import { KERNEL_LIMITS } from './wgsl/kernel'

export const OPS: Record<OpName, OpDef> = {
  ...elementwiseOps,
  tokens,
  param,
  constant,
  embedding,
  linear,
  rmsNorm,
  layerNorm,
  rope,
  attention,
  softmax,
  sum,
  mean,
  reshape,
  transpose,
  slice,
  concat,
  shift,
  conv,
  dropout,
  wgsl,
}

/** How many inputs an op takes: [least, most]. */
export function arity(op: OpName): [number, number] {
  switch (op) {
    case 'tokens':
    case 'param':
    case 'constant':
      return [0, 0]
    case 'embedding':
    case 'conv':
      return [2, 2]
    case 'linear':
      return [2, 3]
    case 'attention':
      return [3, 3]
    case 'concat':
      return [2, 64]
    case 'wgsl':
      return [1, KERNEL_LIMITS.inputs]
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'maximum':
    case 'minimum':
      return [2, 2]
    default:
      return [1, 1]
  }
}
