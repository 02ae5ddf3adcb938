// The models that are timed. The comparison model is small and plain, so that every framework can build the same.

import type { ModelGraph, OpName, Attrs } from '../graph/ir'
import type { ProgramSpec } from '../graph/program'

/** 3 layers, 96 wide, 4 heads, 8 × 128 tokens, 256 symbols, AdamW: RMSNorm, rotary, ReLU², logits capped at 15. */
export const COMPARISON = { layers: 3, C: 96, H: 4, B: 8, T: 128, V: 256 }

/** The comparison model as a program. */
export function comparisonProgram(): ProgramSpec {
  const { layers, C, H, B, T, V } = COMPARISON
  const graph: ModelGraph = { params: [], nodes: [], output: 0 }
  const op = (name: OpName, inputs: number[], attrs: Attrs = {}) => graph.nodes.push({ op: name, inputs, attrs }) - 1
  const param = (name: string, shape: number[], std: number) => {
    graph.params.push({ name, shape, init: { kind: 'normal', std } })
    return op('param', [], { name })
  }
  const norm = (x: number) => op('rmsNorm', [x], { eps: 1e-6 })
  const linear = (x: number, name: string, out: number, into: number, std: number) => op('linear', [x, param(name, [out, into], std)])
  const D = C / H
  const tokens = op('tokens', [])
  let x = norm(op('embedding', [param('embed', [V, C], 1), tokens]))
  for (let i = 0; i < layers; i++) {
    const input = norm(x)
    const heads = (name: string) => op('reshape', [linear(input, `${i}.${name}`, C, C, 0.1)], { dims: [H, D] })
    const [q, k] = ['q', 'k'].map((name) => op('rope', [heads(name)], { base: 10000 }))
    const mixed = op('attention', [q, k, heads('v')], { window: 0, scale: 0, softcap: 0 })
    x = op('add', [x, linear(op('reshape', [mixed], { dims: [C] }), `${i}.out`, C, C, 0.02)])
    const up = op('reluSquared', [linear(norm(x), `${i}.up`, 4 * C, C, 0.1)])
    x = op('add', [x, linear(up, `${i}.down`, C, 4 * C, 0.02)])
  }
  graph.output = op('softcap', [linear(norm(x), 'head', V, C, 0.02)], { cap: 15 })
  const names = graph.params.map((p) => p.name)
  const adamw = { params: names, rule: 'adamw' as const, lr: 0.003, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }
  return {
    version: 1,
    batch: { rows: B, context: T, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [adamw],
    schedule: { lr: [1], weightDecay: [1] },
    ramp: { momentum: [] },
  }
}

/**
 * Floating-point operations of one step: 6 per weight of a matrix and token (2 forward, 4 backward), and attention's
 * 12·H·D per pair of tokens that see each other. Norms, activations and the optimiser are left out, as is usual.
 */
export function stepFlops(program: ProgramSpec): number {
  const { rows, context, accumulate } = program.batch
  const { nodes, params } = program.graph
  const sizes = new Map(params.map((p) => [p.name, p.shape.reduce((n, d) => n * d, 1)]))
  const tokens = rows * context
  let flops = 0
  for (const node of nodes) {
    if (node.op === 'linear') flops += 6 * tokens * (sizes.get(String(nodes[node.inputs[1]].attrs.name)) ?? 0)
    if (node.op !== 'attention') continue
    const [H, D] = nodes[node.inputs[0]].op === 'rope' || nodes[node.inputs[0]].op === 'rmsNorm' ? headsOf(program, node.inputs[0]) : [1, 1]
    const window = (node.attrs.window as number) || context
    const pairs = window >= context ? (context * (context + 1)) / 2 : context * window - (window * (window - 1)) / 2
    flops += rows * pairs * H * D * 12
  }
  return flops * accumulate
}

/** Follows the chain of one-input ops back to the reshape that made the heads. */
function headsOf(program: ProgramSpec, index: number): number[] {
  const node = program.graph.nodes[index]
  return node.op === 'reshape' ? (node.attrs.dims as number[]) : headsOf(program, node.inputs[0])
}
