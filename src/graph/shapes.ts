// Shape inference: the gate between a program's description and everything that trusts it.

import { LabError } from '../core/errors'
import type { GraphNode, ModelGraph, Shape } from './ir'
import { describeShape, product } from './opDef'
import { arity, OPS } from './ops'

/** No tensor or parameter dim may exceed this; sizes are checked against the adapter later. */
const MAX_DIM = 1 << 20

/**
 * The shape of every node.
 * @param vocab size of the tokenizer: the output must be [B, T, vocab]
 * @throws LabError "program.graph" naming the line of train.js and the op
 */
export function inferShapes(graph: ModelGraph, vocab: number): Shape[] {
  const params = new Map(graph.params.map((p) => [p.name, p]))
  if (params.size !== graph.params.length) throw graphError('two parameters have the same name')
  const shapes: Shape[] = []
  for (const [index, node] of graph.nodes.entries()) {
    const inputs = node.inputs.map((i) => {
      if (!(i >= 0 && i < index)) throw graphError(`node ${index} reads node ${i}, which is not before it`, node)
      return shapes[i]
    })
    const [least, most] = arity(node.op)
    if (inputs.length < least || inputs.length > most)
      throw graphError(`takes ${least === most ? least : `${least} to ${most}`} inputs, got ${inputs.length}`, node)
    for (const i of node.inputs)
      if (graph.nodes[i].op === 'tokens' && node.op !== 'embedding')
        throw graphError('tokens are ids, not numbers: only embedding may read them', node)
    if (node.op === 'embedding' && inputs[0].dims[0] !== vocab)
      throw graphError(`table ${describeShape(inputs[0])} must have one row for each of the ${vocab} tokens`, node)
    const shape = node.op === 'param' ? paramShape(node, params) : OPS[node.op].shape({ node, inputs, fail: (m) => fail(m, node) })
    if (shape.dims.some((d) => !Number.isInteger(d) || d < 1 || d > MAX_DIM) || product(shape.dims) > 2 ** 31)
      throw graphError(`shape ${describeShape(shape)} is too large`, node)
    shapes.push(shape)
  }
  const logits = shapes[graph.output]
  if (!logits) throw graphError('the model returns nothing; return the logits')
  if (!logits.batch || logits.dims.length !== 1 || logits.dims[0] !== vocab)
    throw graphError(`the model must return logits [B, T, ${vocab}], got ${describeShape(logits)}`, graph.nodes[graph.output])
  return shapes
}

function paramShape(node: GraphNode, params: Map<string, { shape: number[] }>): Shape {
  const spec = params.get(String(node.attrs.name))
  if (!spec) throw graphError(`there is no parameter "${String(node.attrs.name)}"`, node)
  return { batch: false, dims: spec.shape }
}

function fail(message: string, node: GraphNode): never {
  throw graphError(message, node)
}

function graphError(message: string, node?: GraphNode): LabError {
  const place = node ? `${node.line ? `train.js line ${node.line}: ` : ''}${node.op}: ` : ''
  return new LabError('program.graph', place + message, {
    hint: 'Fix the shape or the op named here; nothing was trained.',
    data: { line: node?.line ?? null, op: node?.op ?? null },
  })
}
