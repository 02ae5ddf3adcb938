// The whole model in float64: forward over the nodes in order, then its own reverse pass.
// The engine's logits, loss and gradients are compared with these.

import { LabError } from '../core/errors'
import type { GraphNode, ModelGraph } from '../graph/ir'
import { crossEntropyBackward, crossEntropyForward } from './crossEntropy'
import { nodeRule } from './nodeRules'
import { numberAttr, volume, type Value } from './value'

/** Parameter values or gradients by name, each row-major in its ParamSpec's shape. */
export type Tensors = Record<string, Float64Array>

export interface BatchSize {
  /** rows */
  B: number
  /** tokens per row */
  T: number
}

function paramValue(graph: ModelGraph, params: Tensors, name: string): Value {
  const spec = graph.params.find((param) => param.name === name)
  const data = params[name]
  if (!spec || data?.length !== volume(spec.shape)) {
    throw new LabError('program.graph', `No value of the right length for the parameter "${name}".`, {
      hint: 'Give every parameter of the graph an array as long as its shape says.',
      data: { name },
    })
  }
  return { data, shape: { batch: false, dims: spec.shape } }
}

function evaluate(graph: ModelGraph, params: Tensors, tokens: Int32Array, size: BatchSize): Value[] {
  const values: Value[] = []
  const valueOf = (node: GraphNode): Value => {
    switch (node.op) {
      case 'tokens':
        return { data: Float64Array.from(tokens), shape: { batch: true, dims: [] } }
      case 'param':
        return paramValue(graph, params, String(node.attrs.name))
      case 'constant':
        return { data: Float64Array.of(numberAttr(node, 'value')), shape: { batch: false, dims: [] } }
      default:
        return nodeRule(node.op).forward({ node, inputs: node.inputs.map((i) => values[i]), ...size })
    }
  }
  for (const node of graph.nodes) values.push(valueOf(node))
  return values
}

/**
 * Logits of a batch; dropout is the identity.
 * @param params one array per parameter of the graph; only read
 * @param tokens [B·T] ids
 * @returns logits [B·T·V]; do not write to them (a graph may return a parameter's own array)
 * @throws LabError "program.graph" if a parameter is missing or of the wrong length, or an attribute is missing
 */
export function forwardGraph(
  graph: ModelGraph,
  params: Tensors,
  tokens: Int32Array,
  size: BatchSize,
): Float64Array {
  return evaluate(graph, params, tokens, size)[graph.output].data
}

/** sum += term, where an absent sum is zero; never writes to `term`. */
function accumulated(sum: Float64Array | undefined, term: Float64Array): Float64Array {
  if (!sum) return term.slice()
  for (let i = 0; i < sum.length; i++) sum[i] += term[i]
  return sum
}

/**
 * Mean cross-entropy of a batch and its gradient by every parameter.
 * loss = Σ nats / (B·T); a negative target adds nothing to the sum but counts in B·T
 * @param params one array per parameter of the graph; only read
 * @param tokens [B·T] ids
 * @param targets [B·T] ids; below 0 = not counted
 * @returns loss in nats per token, logits [B·T·V], gradients by parameter name (zeros where unused), new arrays
 * @throws LabError "program.graph" if a parameter is missing or of the wrong length, or an attribute is missing
 */
export function lossAndGradients(
  graph: ModelGraph,
  params: Tensors,
  tokens: Int32Array,
  targets: Int32Array,
  size: BatchSize,
): { loss: number; logits: Float64Array; gradients: Tensors } {
  const N = size.B * size.T
  const values = evaluate(graph, params, tokens, size)
  const logits = values[graph.output].data
  const shape = { N, V: logits.length / N }
  const loss = crossEntropyForward(logits, targets, shape).reduce((sum, nats) => sum + nats, 0) / N

  const gradients: Tensors = {}
  for (const { name, shape: dims } of graph.params) gradients[name] = new Float64Array(volume(dims))
  const dValues: (Float64Array | undefined)[] = []
  dValues[graph.output] = crossEntropyBackward(logits, targets, shape, 1 / N)
  for (let index = graph.output; index >= 0; index--) {
    const node = graph.nodes[index]
    const dOut = dValues[index]
    if (!dOut || node.op === 'tokens' || node.op === 'constant') continue
    if (node.op === 'param') {
      accumulated(gradients[String(node.attrs.name)], dOut)
      continue
    }
    const inputs = node.inputs.map((i) => values[i])
    const dInputs = nodeRule(node.op).backward({ node, inputs, ...size }, values[index], dOut)
    for (const [n, input] of node.inputs.entries()) {
      const term = dInputs[n]
      if (term) dValues[input] = accumulated(dValues[input], term)
    }
  }
  return { loss, logits, gradients }
}
