// The model as plain data: what leaves the locked box, and all that the frozen side ever sees of a program.
//
// Every activation is [B, T, ...dims] and every parameter is [...dims]; a tensor is one or the other
// (`batch`). Ops act on `dims` only, so nothing in the language can mix rows of a batch or move
// information from a later token to an earlier one: the only ops that look along T
// (attention, conv, shift, and custom kernels per row) look back.

/** How a parameter is filled before step 0; drawn from the judge's seed, never from the program. */
export type InitSpec =
  | { kind: 'zeros' }
  | { kind: 'constant'; value: number }
  | { kind: 'normal'; std: number }
  | { kind: 'uniform'; bound: number } // uniform in [-bound, bound)

export interface ParamSpec {
  name: string
  shape: number[]
  init: InitSpec
}

/** Attributes are scalars or short integer lists; each op states its own. */
export type Attrs = Record<string, number | string | number[]>

/**
 * One op. `inputs` index earlier nodes, so the list is a DAG in execution order by construction.
 * `line` is the line of train.js that made it, for error messages.
 */
export interface GraphNode {
  op: OpName
  inputs: number[]
  attrs: Attrs
  line?: number
}

export interface ModelGraph {
  params: ParamSpec[]
  nodes: GraphNode[]
  /** index of the logits node: [B, T, V] */
  output: number
}

/** Shape of a node: [B, T, ...dims] when `batch`, else [...dims]. */
export interface Shape {
  batch: boolean
  dims: readonly number[]
}

/** y = f(x), one element at a time. */
export const UNARY_OPS = [
  'neg', // -x
  'abs', // |x|
  'square', // x²
  'sqrt', // √x
  'rsqrt', // 1/√x
  'reciprocal', // 1/x
  'exp', // eˣ
  'log', // ln x
  'sin', // sin x
  'cos', // cos x
  'sigmoid', // 1/(1+e⁻ˣ)
  'tanh', // tanh x
  'relu', // max(x, 0)
  'reluSquared', // max(x, 0)²
  'gelu', // 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
  'silu', // x·sigmoid(x)
  'softcap', // attrs.cap · tanh(x / attrs.cap)
  'affine', // attrs.scale · x + attrs.offset
] as const

/** y = f(a, b) with right-aligned (NumPy) broadcasting over dims; batch if either is. */
export const BINARY_OPS = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const

/** Ops with their own shape rule; see src/graph/ops.ts. */
export const STRUCTURED_OPS = [
  'tokens', // [B,T] token ids: the model's only data input
  'param', // attrs.name
  'constant', // attrs.value, dims []
  'embedding', // (table [V,...d], tokens) -> [B,T,...d]
  'linear', // (x [...,K], w [N,K], bias? [N]) -> [...,N];  y = x·wᵀ + bias
  'rmsNorm', // x / sqrt(mean(x²) + attrs.eps) over the last dim
  'layerNorm', // (x - mean) / sqrt(var + attrs.eps) over the last dim
  'rope', // x [B,T,H,D], attrs.base: y1 = x1·cos + x2·sin, y2 = -x1·sin + x2·cos; halves; angle t·base^(-2i/D)
  'attention', // (q [B,T,H,D], k [B,T,KV,D], v [B,T,KV,D]) -> [B,T,H,D]; attrs.window (0 = all), attrs.scale (0 = 1/√D), attrs.softcap (0 = none)
  'softmax', // over the last dim
  'sum', // over the last dim, kept as 1
  'mean', // over the last dim, kept as 1
  'reshape', // attrs.dims
  'transpose', // attrs.perm over dims
  'slice', // attrs.axis, attrs.start, attrs.end over dims
  'concat', // attrs.axis over dims; two or more inputs
  'shift', // attrs.by >= 0: y[b,t] = x[b,t-by], zero where t < by
  'conv', // (x [B,T,C], w [C,K]) -> [B,T,C]: y[t,c] = Σ_k w[c,k]·x[t-k,c]
  'dropout', // attrs.rate; identity in evaluation
  'wgsl', // a custom kernel, one to four inputs -> [B,T,...dims]; see ops/custom.ts
] as const

export type UnaryOp = (typeof UNARY_OPS)[number]
export type BinaryOp = (typeof BINARY_OPS)[number]
export type StructuredOp = (typeof STRUCTURED_OPS)[number]
export type OpName = UnaryOp | BinaryOp | StructuredOp

export function isUnary(op: string): op is UnaryOp {
  return (UNARY_OPS as readonly string[]).includes(op)
}

export function isBinary(op: string): op is BinaryOp {
  return (BINARY_OPS as readonly string[]).includes(op)
}
