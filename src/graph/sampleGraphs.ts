// Small graphs that between them use every op: what the oracle is checked on, and fit to check others with.

import type { Attrs, GraphNode, ModelGraph, OpName, ParamSpec } from './ir'

/** Writes a graph node by node; every method returns a node index. */
export class GraphWriter {
  readonly params: ParamSpec[] = []
  readonly nodes: GraphNode[] = []

  op(op: OpName, inputs: number[], attrs: Attrs = {}): number {
    this.nodes.push({ op, inputs, attrs })
    return this.nodes.length - 1
  }

  param(name: string, ...shape: number[]): number {
    this.params.push({ name, shape, init: { kind: 'normal', std: 0.5 } })
    return this.op('param', [], { name })
  }

  linear(x: number, name: string, outputs: number, inputs: number): number {
    return this.op('linear', [x, this.param(name, outputs, inputs)])
  }

  rmsNorm(x: number): number {
    return this.op('rmsNorm', [x], { eps: 1e-6 })
  }

  reshape(x: number, ...dims: number[]): number {
    return this.op('reshape', [x], { dims })
  }

  finish(output: number): ModelGraph {
    return { params: this.params, nodes: this.nodes, output }
  }
}

/** Every unary and binary op, with all kinds of broadcasting; V = 5. */
export function elementwiseGraph(): ModelGraph {
  const g = new GraphWriter()
  const V = 5
  const x = g.op('embedding', [g.param('table', V, 4), g.op('tokens', [])])
  const positive = g.op('affine', [g.op('square', [x])], { scale: 1, offset: 0.5 })
  const parts = [
    ...(['neg', 'abs', 'exp', 'sin', 'cos', 'sigmoid', 'tanh', 'relu', 'reluSquared', 'gelu', 'silu'] as const).map(
      (op) => g.op(op, [x]),
    ),
    ...(['sqrt', 'rsqrt', 'reciprocal', 'log'] as const).map((op) => g.op(op, [positive])),
    g.op('softcap', [x], { cap: 1.5 }),
  ]
  const scalar = g.param('scalar', 1)
  const row = g.param('row', 4)
  let sum = g.op('mul', [x, x])
  for (const [i, part] of parts.entries()) {
    const weighted = g.op('mul', [part, g.param(`weight${i}`, 4)])
    sum = g.op(i % 2 ? 'sub' : 'add', [sum, weighted])
  }
  sum = g.op('div', [sum, positive])
  sum = g.op('maximum', [sum, g.op('mul', [row, scalar])])
  sum = g.op('minimum', [g.op('add', [g.op('constant', [], { value: 2 }), scalar]), sum])
  return g.finish(g.linear(g.op('sub', [scalar, sum]), 'head', V, 4))
}

/** Reductions, layout ops, norms, biases, and arithmetic among parameters; V = 5. */
export function layoutGraph(): ModelGraph {
  const g = new GraphWriter()
  const V = 5
  const x = g.op('embedding', [g.param('table', V, 2, 3), g.op('tokens', [])])
  const turned = g.op('transpose', [x], { perm: [1, 0] }) // [3,2]
  const grid = g.param('grid', 3, 1)
  const centred = g.op('sub', [turned, g.op('mean', [turned])])
  const mixed = g.op('concat', [g.op('mul', [centred, grid]), g.op('sum', [turned]), turned], { axis: -1 }) // [3,5]
  const joined = g.op('concat', [mixed, g.op('slice', [mixed], { axis: 0, start: 1, end: 3 })], { axis: 0 }) // [5,5]
  const weights = g.op('softmax', [g.op('slice', [joined], { axis: -1, start: 1, end: 4 })]) // [5,3]
  const normed = g.op('layerNorm', [g.reshape(weights, 15)], { eps: 1e-3 })
  // a weight made of other parameters: transposed, joined, scaled, itself run through a linear layer
  const core = g.op('transpose', [g.param('core', 15, 2)], { perm: [1, 0] }) // [2,15]
  const weight = g.op('concat', [core, g.param('extra', 2, 15)], { axis: 0 }) // [4,15]
  const hidden = g.op('linear', [normed, weight, g.param('bias', 4)]) // [4]
  const head = g.linear(g.param('headSeed', V, 3), 'headLift', 4, 3) // [V,4]
  return g.finish(g.op('linear', [g.op('dropout', [hidden], { rate: 0.5 }), head, g.param('headBias', V)]))
}

/** The ops that look back: shift, conv, attention with and without its options; V = 5. */
export function sequenceGraph(): ModelGraph {
  const g = new GraphWriter()
  const V = 5
  const x = g.op('embedding', [g.param('table', V, 6), g.op('tokens', [])])
  const convolved = g.op('conv', [x, g.param('taps', 6, 3)])
  const shifted = g.op('shift', [g.reshape(convolved, 2, 3)], { by: 2 })
  const y = g.op('add', [x, g.reshape(shifted, 6)])
  const q = g.reshape(g.linear(y, 'q', 8, 6), 4, 2)
  const k = g.reshape(g.linear(y, 'k', 4, 6), 2, 2)
  const v = g.reshape(g.linear(y, 'v', 4, 6), 2, 2)
  const capped = g.op('attention', [q, k, v], { window: 2, scale: 0.9, softcap: 2 })
  const open = g.op('attention', [q, k, v], { window: 0, scale: 0, softcap: 0 })
  const both = g.reshape(g.op('mul', [capped, open]), 8)
  return g.finish(g.linear(both, 'head', V, 8))
}

/**
 * What the passes over a tape look for, next to what they must leave alone: norms that products read and norms that
 * others read too, QK-norm before and after the rotation, biases, residuals, activations whose input is read again,
 * a gate, columns taken out of a norm, gradients that meet; V = 20.
 */
export function fusionGraph(): ModelGraph {
  const g = new GraphWriter()
  const [V, C, H, D, hidden] = [20, 16, 2, 8, 24]
  const biased = (x: number, name: string, outputs: number, inputs: number) =>
    g.op('linear', [x, g.param(name, outputs, inputs), g.param(`${name}Bias`, outputs)])
  let x = g.rmsNorm(g.op('embedding', [g.param('table', V, C), g.op('tokens', [])]))
  const normed = g.rmsNorm(x)
  const q = g.rmsNorm(g.op('rope', [g.reshape(g.linear(normed, 'q', C, C), H, D)], { base: 100 }))
  const k = g.op('rope', [g.rmsNorm(g.reshape(biased(normed, 'k', C, C), H, D))], { base: 100 })
  const gate = g.op('sigmoid', [g.linear(g.op('slice', [normed], { axis: 0, start: 4, end: 12 }), 'gate', H, 8)])
  const v = g.op('mul', [g.reshape(g.linear(normed, 'v', C, C), H, D), g.reshape(gate, H, 1)])
  const mixed = g.reshape(g.op('attention', [q, k, v], { window: 0, scale: 0, softcap: 0 }), C)
  x = g.op('add', [x, biased(mixed, 'out', C, C)])
  const up = g.linear(g.rmsNorm(x), 'up', hidden, C)
  const squared = g.op('mul', [g.op('reluSquared', [up]), g.op('sigmoid', [up])])
  x = g.op('add', [g.op('gelu', [biased(squared, 'down', C, hidden)]), g.op('mul', [x, g.param('keep', C)])])
  const plain = g.rmsNorm(x)
  x = g.op('add', [g.linear(plain, 'left', C, C), g.linear(g.op('tanh', [plain]), 'right', C, C)])
  return g.finish(g.op('softcap', [biased(g.op('layerNorm', [x], { eps: 1e-5 }), 'head', V, C)], { cap: 5 }))
}

export interface NanochatSize {
  V: number
  C: number
  H: number
  /** key/value heads; divides H */
  KV: number
  /** head size, even */
  D: number
  /** width of the MLP */
  hidden: number
  /** keys looked back by each layer, 0 = all; its length is the number of layers */
  windows: number[]
  /** channels that each value gate reads */
  gateChannels: number
  /** limit of the logits */
  softcap: number
}

/**
 * The ported recipe in small: parameter-free norms, rope, QK-norm, windows, grouped heads, value embeddings with
 * sigmoid gates on every other layer counted from the last, ReLU² MLP, residual and x0 scalars, capped logits.
 * Parameters: embedding, head, residScale, x0Scale, and layer<i>.{q,k,v,out,up,down,values,gate}.
 */
export function nanochatGraph(size: NanochatSize): ModelGraph {
  const { V, C, H, KV, D, hidden, windows, gateChannels, softcap } = size
  const g = new GraphWriter()
  const tokens = g.op('tokens', [])
  const x0 = g.rmsNorm(g.op('embedding', [g.param('embedding', V, C), tokens]))
  const residScale = g.param('residScale', windows.length)
  const x0Scale = g.param('x0Scale', windows.length)
  let x = x0
  for (const [layer, window] of windows.entries()) {
    const at = { axis: 0, start: layer, end: layer + 1 }
    const name = (part: string) => `layer${layer}.${part}`
    const kept = g.op('mul', [x, g.op('slice', [residScale], at)])
    x = g.op('add', [kept, g.op('mul', [x0, g.op('slice', [x0Scale], at)])])

    const input = g.rmsNorm(x)
    const heads = (part: string, count: number) => g.reshape(g.linear(input, name(part), count * D, C), count, D)
    const q = g.rmsNorm(g.op('rope', [heads('q', H)], { base: 10000 }))
    const k = g.rmsNorm(g.op('rope', [heads('k', KV)], { base: 10000 }))
    let v = heads('v', KV)
    if ((windows.length - 1 - layer) % 2 === 0) {
      const values = g.reshape(g.op('embedding', [g.param(name('values'), V, KV * D), tokens]), KV, D)
      const first = g.op('slice', [input], { axis: 0, start: 0, end: gateChannels })
      const opened = g.op('sigmoid', [g.linear(first, name('gate'), KV, gateChannels)])
      const gate = g.reshape(g.op('affine', [opened], { scale: 2, offset: 0 }), KV, 1)
      v = g.op('add', [v, g.op('mul', [values, gate])])
    }
    const attended = g.op('attention', [q, k, v], { window, scale: 1 / Math.sqrt(D), softcap: 0 })
    x = g.op('add', [x, g.linear(g.reshape(attended, H * D), name('out'), C, H * D)])

    const up = g.op('reluSquared', [g.linear(g.rmsNorm(x), name('up'), hidden, C)])
    x = g.op('add', [x, g.linear(up, name('down'), C, hidden)])
  }
  const logits = g.linear(g.rmsNorm(x), 'head', V, C)
  return g.finish(g.op('softcap', [logits], { cap: softcap }))
}
