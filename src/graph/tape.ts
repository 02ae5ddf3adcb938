// A model made concrete: for one batch size, the flat list of tensor operations that a backend executes,
// forward and backward. No kernels here, no devices: the same tape serves every backend.

import type { CustomKernel } from './wgsl/kernel'

export type TensorId = number

/**
 * `role` says who owns the memory:
 * input — filled by the host every step (token ids and their sorted order);
 * param, grad — a range of the parameter and gradient arenas, `name` tells which;
 * activation — lives from its producer to its last reader, then its memory is reused;
 * result — kept until the host has read it.
 */
export interface TapeTensor {
  shape: readonly number[]
  size: number
  role: 'input' | 'param' | 'grad' | 'activation' | 'result'
  name: string
  /** a run of rows of another tensor (never itself a view): it has no memory of its own */
  view?: { of: TensorId; offset: number }
  /** stored as f16, computed with as f32; a view is stored as what it is a view of */
  half?: true
}

/** Memory that a tensor takes, in bytes; whole words, as WebGPU binds them. */
export function bytesOf({ size, half }: TapeTensor): number {
  return half ? Math.ceil(size / 2) * 4 : size * 4
}

/**
 * One primitive of an elementwise expression. An op's `inputShapes` have the rank of its `shape`, with 1 where
 * an input is broadcast;
 * `args` index inputs (>= 0) or earlier steps (-1 - step). */
export interface ElementwiseStep {
  fn: string
  args: number[]
  /** constants of `affine` (scale, offset) and `softcap` (cap) */
  constants?: number[]
}

/**
 * What a matrix product does with each value v before storing it: the same steps as an elementwise op, whose
 * argument 0 is v and whose arguments 1… are `inputs` ([M,N], or broadcast to it). `pre`, if any, receives v itself.
 */
export interface Epilogue {
  inputs: TensorId[]
  inputShapes: (readonly number[])[]
  steps: ElementwiseStep[]
  pre: TensorId | null
}

/**
 * `rope` with `eps` also divides each row of D by √(mean(x²) + eps) (QK-norm, before or after the rotation: the same);
 * with `forward` besides, it is the gradient of that, `x` the gradient coming in and `forward` the forward's x.
 * `rmsScale` writes only 1/√(mean(x²) + eps) of each row, which `normGrad` may read back as `rstd`.
 * `custom` reads those of its kernel's inputs that `names` lists; `customGrad` writes the gradients of `grads`, [B·T,
 * size] for an activation and else a part of the sum for each token (per row: for each row), and reads `y` if it must.
 */
export type TapeOp =
  | { kind: 'elementwise'; inputs: TensorId[]; inputShapes: (readonly number[])[]; output: TensorId; shape: readonly number[]; steps: ElementwiseStep[]; accumulate: boolean }
  | { kind: 'matmul'; orient: 'NN' | 'NT' | 'TN'; a: TensorId; b: TensorId; output: TensorId; M: number; N: number; K: number; accumulate: boolean; scale?: TensorId; epilogue?: Epilogue }
  | { kind: 'embedding'; table: TensorId; tokens: TensorId; output: TensorId; N: number; V: number; C: number }
  | { kind: 'embeddingGrad'; dOut: TensorId; order: TensorId; starts: TensorId; output: TensorId; N: number; V: number; C: number; accumulate: boolean }
  | { kind: 'norm'; norm: 'rms' | 'layer'; x: TensorId; output: TensorId; rows: number; C: number; eps: number }
  | { kind: 'normGrad'; norm: 'rms' | 'layer'; dOut: TensorId; x: TensorId; output: TensorId; rows: number; C: number; eps: number; rstd?: TensorId; accumulate?: boolean }
  | { kind: 'rmsScale'; x: TensorId; output: TensorId; rows: number; C: number; eps: number }
  | { kind: 'softmax'; x: TensorId; output: TensorId; rows: number; C: number }
  | { kind: 'softmaxGrad'; dOut: TensorId; y: TensorId; output: TensorId; rows: number; C: number }
  | { kind: 'rope'; x: TensorId; output: TensorId; B: number; T: number; H: number; D: number; base: number; inverse: boolean; eps?: number; forward?: TensorId }
  | { kind: 'attention'; q: TensorId; k: TensorId; v: TensorId; output: TensorId; lse: TensorId; shape: AttentionShape }
  | { kind: 'attentionGrad'; q: TensorId; k: TensorId; v: TensorId; out: TensorId; lse: TensorId; dOut: TensorId; dQ: TensorId; dK: TensorId; dV: TensorId; shape: AttentionShape }
  | { kind: 'reduceSum'; x: TensorId; output: TensorId; outer: number; reduce: number; inner: number; scale: number; accumulate: boolean }
  | { kind: 'copy'; x: TensorId; output: TensorId; dims: number[]; inStrides: number[]; inOffset: number; outStrides: number[]; outOffset: number; accumulate: boolean }
  | { kind: 'fill'; output: TensorId; value: number }
  | { kind: 'shift'; x: TensorId; output: TensorId; B: number; T: number; C: number; by: number }
  | { kind: 'conv'; x: TensorId; w: TensorId; output: TensorId; B: number; T: number; C: number; K: number }
  | { kind: 'convInputGrad'; dOut: TensorId; w: TensorId; output: TensorId; B: number; T: number; C: number; K: number }
  | { kind: 'convWeightGrad'; dOut: TensorId; x: TensorId; output: TensorId; B: number; T: number; C: number; K: number; accumulate: boolean }
  | { kind: 'dropout'; x: TensorId; output: TensorId; rate: number; node: number }
  | { kind: 'custom'; kernel: CustomKernel; inputs: TensorId[]; names: string[]; output: TensorId; B: number; T: number }
  | { kind: 'customGrad'; kernel: CustomKernel; inputs: TensorId[]; names: string[]; y?: TensorId; dOut: TensorId; outputs: TensorId[]; grads: string[]; B: number; T: number }
  | { kind: 'crossEntropy'; logits: TensorId; targets: TensorId; nats: TensorId; N: number; V: number; scale: number; softcap: number; gradient: boolean } // prettier-ignore

export interface AttentionShape {
  B: number
  T: number
  /** query heads */
  H: number
  /** key and value heads; divides H, head h reads kv head floor(h / (H/KV)) */
  KV: number
  /** head size; even, 2…256 */
  D: number
  /** keys seen before the query's own: i-window <= j <= i; 0 = all */
  window: number
  scale: number
  /** cap of the scores; 0 = none */
  softcap: number
}

export interface Tape {
  B: number
  T: number
  tensors: TapeTensor[]
  ops: TapeOp[]
  /** ids of the tensors the host fills or reads; -1 when the tape has none */
  io: { tokens: TensorId; targets: TensorId; order: TensorId; starts: TensorId; nats: TensorId; loss: TensorId; logits: TensorId }
}

/** Tensors an op reads and writes, for liveness and binding; `update` lists those read and written in place. */
export function opTensors(op: TapeOp): { reads: TensorId[]; writes: TensorId[]; updates: TensorId[] } {
  const out = (reads: TensorId[], output: TensorId, accumulate = false) =>
    accumulate ? { reads, writes: [], updates: [output] } : { reads, writes: [output], updates: [] }
  switch (op.kind) {
    case 'elementwise':
      return out(op.inputs, op.output, op.accumulate)
    case 'matmul':
      return matmulTensors(op)
    case 'embedding':
      return out([op.table, op.tokens], op.output)
    case 'embeddingGrad':
      return out([op.dOut, op.order, op.starts], op.output, op.accumulate)
    case 'norm':
    case 'rmsScale':
    case 'softmax':
    case 'shift':
    case 'dropout':
      return out([op.x], op.output)
    case 'rope':
      return out(op.forward === undefined ? [op.x] : [op.x, op.forward], op.output)
    case 'normGrad':
      return out(op.rstd === undefined ? [op.dOut, op.x] : [op.dOut, op.x, op.rstd], op.output, op.accumulate)
    case 'softmaxGrad':
      return out([op.dOut, op.y], op.output)
    case 'attention':
      return { reads: [op.q, op.k, op.v], writes: [op.output, op.lse], updates: [] }
    case 'attentionGrad':
      return { reads: [op.q, op.k, op.v, op.out, op.lse, op.dOut], writes: [op.dQ, op.dK, op.dV], updates: [] }
    case 'reduceSum':
      return out([op.x], op.output, op.accumulate)
    case 'copy':
      // a copy may fill only part of its output (concat), so what is already there must stay alive
      return { reads: [op.x], writes: [], updates: [op.output] }
    case 'fill':
      return out([], op.output)
    case 'conv':
      return out([op.x, op.w], op.output)
    case 'convInputGrad':
      return out([op.dOut, op.w], op.output)
    case 'convWeightGrad':
      return out([op.dOut, op.x], op.output, op.accumulate)
    case 'custom':
      return out(op.inputs, op.output)
    case 'customGrad':
      return { reads: [...op.inputs, op.dOut, ...(op.y === undefined ? [] : [op.y])], writes: op.outputs, updates: [] }
    case 'crossEntropy':
      return op.gradient
        ? { reads: [op.targets], writes: [op.nats], updates: [op.logits] }
        : { reads: [op.logits, op.targets], writes: [op.nats], updates: [] }
  }
}

function matmulTensors(op: Extract<TapeOp, { kind: 'matmul' }>): ReturnType<typeof opTensors> {
  const optional = op.scale === undefined ? [] : [op.scale]
  const reads = [op.a, op.b, ...optional, ...(op.epilogue?.inputs ?? [])]
  const pre = op.epilogue?.pre ?? -1
  const writes = pre < 0 ? [] : [pre]
  return op.accumulate ? { reads, writes, updates: [op.output] } : { reads, writes: [...writes, op.output], updates: [] }
}

/** Fields of each kind of op that hold tensors; an epilogue's are known apart. */
const TENSOR_FIELDS: Record<TapeOp['kind'], readonly string[]> = {
  elementwise: ['inputs', 'output'],
  matmul: ['a', 'b', 'output', 'scale'],
  embedding: ['table', 'tokens', 'output'],
  embeddingGrad: ['dOut', 'order', 'starts', 'output'],
  norm: ['x', 'output'],
  normGrad: ['dOut', 'x', 'output', 'rstd'],
  rmsScale: ['x', 'output'],
  softmax: ['x', 'output'],
  softmaxGrad: ['dOut', 'y', 'output'],
  rope: ['x', 'output', 'forward'],
  attention: ['q', 'k', 'v', 'output', 'lse'],
  attentionGrad: ['q', 'k', 'v', 'out', 'lse', 'dOut', 'dQ', 'dK', 'dV'],
  reduceSum: ['x', 'output'],
  copy: ['x', 'output'],
  fill: ['output'],
  shift: ['x', 'output'],
  conv: ['x', 'w', 'output'],
  convInputGrad: ['dOut', 'w', 'output'],
  convWeightGrad: ['dOut', 'x', 'output'],
  dropout: ['x', 'output'],
  custom: ['inputs', 'output'],
  customGrad: ['inputs', 'y', 'dOut', 'outputs'],
  crossEntropy: ['logits', 'targets', 'nats'],
}

/** The tensors of an op by the field that names them; those of an epilogue together, as "epilogue". */
export function tensorsByField(op: TapeOp): [field: string, ids: TensorId[]][] {
  const fields = Object.entries(op).filter(([field, value]) => TENSOR_FIELDS[op.kind].includes(field) && value !== null && value !== undefined)
  const found = fields.map(([field, value]): [string, TensorId[]] => [field, [value].flat() as TensorId[]])
  if (op.kind === 'matmul' && op.epilogue) found.push(['epilogue', [...op.epilogue.inputs, op.epilogue.pre ?? []].flat()])
  return found
}

/** The same op on other tensors. */
export function renameTensors<Op extends TapeOp>(op: Op, rename: (id: TensorId) => TensorId): Op {
  const copy: Record<string, unknown> = { ...op }
  for (const field of TENSOR_FIELDS[op.kind]) {
    const value = copy[field]
    if (typeof value === 'number') copy[field] = rename(value)
    else if (Array.isArray(value)) copy[field] = value.map((id: TensorId) => rename(id))
  }
  if (op.kind === 'matmul' && op.epilogue) {
    const { inputs, pre } = op.epilogue
    copy.epilogue = { ...op.epilogue, inputs: inputs.map(rename), pre: pre === null ? null : rename(pre) }
  }
  return copy as Op
}
