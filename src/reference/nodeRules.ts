// How one node of a graph is computed and differentiated, in terms of the op oracles beside this file.
// Shapes are tracked here independently of src/graph, so that a wrong shape rule there shows up as a difference.

import { LabError } from '../core/errors'
import type { BinaryOp, GraphNode, Shape, StructuredOp, UnaryOp } from '../graph/ir'
import { isBinary, isUnary } from '../graph/ir'
import { attentionBackward, attentionForward, type AttentionShape } from './attention'
import { binaryBackward, binaryForward, unaryBackward, unaryForward } from './elementwise'
import { embeddingBackward, embeddingForward } from './embedding'
import { layoutRules } from './layoutRules'
import { linearBackward, linearForward } from './linear'
import { layerNormBackward, layerNormForward, rmsNormBackward, rmsNormForward } from './norm'
import { ropeBackward, ropeForward } from './rope'
import { convBackward, convForward, shiftBackward, shiftForward } from './sequence'
import { softmaxBackward, softmaxForward } from './softmax'
import { numberAttr, rowsOf, volume, type NodeRule, type NodeRun } from './value'

/** The three ops without inputs; the model itself supplies their values. */
export type SourceOp = 'tokens' | 'param' | 'constant'

function unaryRule(op: UnaryOp): NodeRule {
  return {
    forward: ({ node, inputs: [x] }) => ({ data: unaryForward(op, x.data, node.attrs), shape: x.shape }),
    backward: ({ node, inputs: [x] }, _output, dOut) => [unaryBackward(op, dOut, x.data, node.attrs)],
  }
}

/** dims broadcast against dims; the batch axis is one more leading axis, 1 for a parameter. */
function binaryShapes({ inputs: [a, b], B, T }: NodeRun): { a: number[]; b: number[]; out: number[]; shape: Shape } {
  const rank = Math.max(a.shape.dims.length, b.shape.dims.length)
  const pad = (shape: Shape) => [
    shape.batch ? B * T : 1,
    ...Array<number>(rank - shape.dims.length).fill(1),
    ...shape.dims,
  ]
  const [aFull, bFull] = [pad(a.shape), pad(b.shape)]
  const out = aFull.map((length, axis) => Math.max(length, bFull[axis]))
  return { a: aFull, b: bFull, out, shape: { batch: a.shape.batch || b.shape.batch, dims: out.slice(1) } }
}

function binaryRule(op: BinaryOp): NodeRule {
  return {
    forward(run) {
      const [a, b] = run.inputs
      const full = binaryShapes(run)
      return { data: binaryForward(op, a.data, full.a, b.data, full.b, full.out), shape: full.shape }
    },
    backward(run, _output, dOut) {
      const [a, b] = run.inputs
      const full = binaryShapes(run)
      const { dA, dB } = binaryBackward(op, dOut, a.data, full.a, b.data, full.b, full.out)
      return [dA, dB]
    },
  }
}

const embedding: NodeRule = {
  forward({ inputs: [table, tokens], B, T }) {
    const [V, ...dims] = table.shape.dims
    const shape = { N: B * T, V, C: volume(dims) }
    return { data: embeddingForward(table.data, Int32Array.from(tokens.data), shape), shape: { batch: true, dims } }
  },
  backward({ inputs: [table, tokens], B, T }, _output, dOut) {
    const [V, ...dims] = table.shape.dims
    const shape = { N: B * T, V, C: volume(dims) }
    return [embeddingBackward(dOut, Int32Array.from(tokens.data), shape), null]
  },
}

const linear: NodeRule = {
  forward({ inputs: [x, w, bias] }) {
    const [N, K] = w.shape.dims
    const shape = { M: x.data.length / K, K, N }
    const dims = [...x.shape.dims.slice(0, -1), N]
    return { data: linearForward(x.data, w.data, bias?.data ?? null, shape), shape: { batch: x.shape.batch, dims } }
  },
  backward({ inputs: [x, w, bias] }, _output, dOut) {
    const [N, K] = w.shape.dims
    const { dX, dW, dBias } = linearBackward(dOut, x.data, w.data, { M: x.data.length / K, K, N })
    return bias ? [dX, dW, dBias] : [dX, dW]
  },
}

function normRule(forward: typeof rmsNormForward, backward: typeof rmsNormBackward): NodeRule {
  return {
    forward: ({ node, inputs: [x] }) => {
      const shape = { ...rowsOf(x), eps: numberAttr(node, 'eps') }
      return { data: forward(x.data, shape), shape: x.shape }
    },
    backward: ({ node, inputs: [x] }, _output, dOut) => {
      const shape = { ...rowsOf(x), eps: numberAttr(node, 'eps') }
      return [backward(dOut, x.data, shape)]
    },
  }
}

const softmax: NodeRule = {
  forward: ({ inputs: [x] }) => ({ data: softmaxForward(x.data, rowsOf(x)), shape: x.shape }),
  backward: (_run, output, dOut) => [softmaxBackward(dOut, output.data, rowsOf(output))],
}

function ropeShape({ node, inputs: [x], B, T }: NodeRun) {
  const [H, D] = x.shape.dims
  return { B, T, H, D, base: numberAttr(node, 'base') }
}

const rope: NodeRule = {
  forward: (run) => ({ data: ropeForward(run.inputs[0].data, ropeShape(run)), shape: run.inputs[0].shape }),
  backward: (run, _output, dOut) => [ropeBackward(dOut, ropeShape(run))],
}

/** A scale of 0 stands for the usual 1/√D. */
function attentionShape({ node, inputs: [q, k], B, T }: NodeRun): AttentionShape {
  const [H, D] = q.shape.dims
  return {
    B,
    T,
    H,
    KV: k.shape.dims[0],
    D,
    window: numberAttr(node, 'window'),
    scale: numberAttr(node, 'scale') || 1 / Math.sqrt(D),
    softcap: numberAttr(node, 'softcap'),
  }
}

const attention: NodeRule = {
  forward(run) {
    const [q, k, v] = run.inputs
    return { data: attentionForward(q.data, k.data, v.data, attentionShape(run)).out, shape: q.shape }
  },
  backward(run, _output, dOut) {
    const [q, k, v] = run.inputs
    const { dQ, dK, dV } = attentionBackward(dOut, q.data, k.data, v.data, attentionShape(run))
    return [dQ, dK, dV]
  },
}

function shiftShape({ node, inputs: [x], B, T }: NodeRun) {
  return { B, T, C: volume(x.shape.dims), by: numberAttr(node, 'by') }
}

const shift: NodeRule = {
  forward: (run) => ({ data: shiftForward(run.inputs[0].data, shiftShape(run)), shape: run.inputs[0].shape }),
  backward: (run, _output, dOut) => [shiftBackward(dOut, shiftShape(run))],
}

const conv: NodeRule = {
  forward({ inputs: [x, w], B, T }) {
    const [C, K] = w.shape.dims
    return { data: convForward(x.data, w.data, { B, T, C, K }), shape: x.shape }
  },
  backward({ inputs: [x, w], B, T }, _output, dOut) {
    const [C, K] = w.shape.dims
    const { dX, dW } = convBackward(dOut, x.data, w.data, { B, T, C, K })
    return [dX, dW]
  },
}

/** The oracle never drops: kernels are compared with rate 0 or in evaluation. */
const dropout: NodeRule = {
  forward: ({ inputs: [x] }) => x,
  backward: (_run, _output, dOut) => [dOut],
}

/** What a custom kernel means only its author knows: kernels are compared with the built-in ops they stand for. */
const wgsl: NodeRule = {
  forward({ node }) {
    throw new LabError('program.graph', `The oracle cannot run the kernel "${String(node.attrs.name)}".`, { hint: 'Give it built-in ops.' })
  },
  backward: () => [],
}

const STRUCTURED: Record<Exclude<StructuredOp, SourceOp>, NodeRule> = {
  embedding,
  linear,
  rmsNorm: normRule(rmsNormForward, rmsNormBackward),
  layerNorm: normRule(layerNormForward, layerNormBackward),
  rope,
  attention,
  softmax,
  shift,
  conv,
  dropout,
  wgsl,
  ...layoutRules,
}

/** The rule of every op that has inputs. */
export function nodeRule(op: Exclude<GraphNode['op'], SourceOp>): NodeRule {
  if (isUnary(op)) return unaryRule(op)
  if (isBinary(op)) return binaryRule(op)
  return STRUCTURED[op]
}
