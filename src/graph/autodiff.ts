// Reverse-mode differentiation of a model graph: forward ops in order, then for each node, last to first,
// the ops that carry its gradient to its inputs. Everything is decided here, before anything runs.

import type { ModelGraph, Shape } from './ir'
import type { TapedNode } from './opDef'
import { OPS } from './ops'
import { fuse, type Fusion } from './passes/fuse'
import { opTensors, type Tape, type TensorId } from './tape'
import { TapeBuilder } from './tapeBuilder'

export type TapeMode =
  /** forward, cross-entropy, backward; `first` overwrites gradients, otherwise they are added to */
  | { kind: 'train'; first: boolean; accumulate: number }
  /** forward and the nats of each token */
  | { kind: 'score' }
  /** forward only: capped logits, for sampling and for the gates */
  | { kind: 'logits' }

/**
 * Builds the tape of a graph at batch size B × T.
 * The training loss is the mean cross-entropy over B·T·accumulate tokens, in nats.
 * @param shapes as returned by inferShapes
 */
export function buildTape(
  graph: ModelGraph,
  shapes: readonly Shape[],
  B: number,
  T: number,
  mode: TapeMode,
  fusion: Fusion = 'products',
): Tape {
  const training = mode.kind === 'train'
  const tape = new TapeBuilder(B, T, { training, accumulateGrads: training && !mode.first })
  const rows = B * T
  tape.io.tokens = tape.tensor([rows], 'tokens', 'input')
  const used = reachable(graph)
  const capped = graph.nodes[graph.output]
  // a final softcap is folded into the cross-entropy kernel, which then differentiates through it
  const fold = mode.kind !== 'logits' && capped.op === 'softcap' && consumers(graph, capped.inputs[0], used) === 1
  const head = fold ? capped.inputs[0] : graph.output
  const taped = emitForward(tape, graph, shapes, used, fold ? graph.output : -1)
  let logits = taped[head]!.output
  if (mode.kind === 'logits') {
    tape.io.logits = keep(tape, logits)
    return finish(tape, fusion)
  }
  tape.io.targets = tape.tensor([rows], 'targets', 'input')
  tape.io.nats = tape.tensor([rows], 'nats', training ? 'activation' : 'result')
  if (training) {
    const shared = tape.ops.some((op) => opTensors(op).reads.includes(logits)) || tape.tensors[logits].role === 'param'
    if (shared) logits = tape.elementwise('identity', [logits], tape.tensors[logits].shape, { name: 'logits' })
  }
  const V = shapes[graph.output].dims[0]
  const scale = training ? 1 / (rows * mode.accumulate) : 1
  const softcap = fold ? (capped.attrs.cap as number) : 0
  const { targets, nats } = tape.io
  tape.emit({ kind: 'crossEntropy', logits, targets, nats, N: rows, V, scale, softcap, gradient: training })
  if (training) {
    tape.io.loss = tape.tensor([1], 'loss', 'result')
    tape.emit({ kind: 'reduceSum', x: nats, output: tape.io.loss, outer: 1, reduce: rows, inner: 1, scale, accumulate: !mode.first })
    if (graph.nodes.some((node, i) => used[i] && node.op === 'embedding')) {
      tape.io.order = tape.tensor([rows], 'order', 'input')
      tape.io.starts = tape.tensor([V + 1], 'starts', 'input')
    }
    emitBackward(tape, shapes, taped, head, logits)
  }
  return finish(tape, fusion)
}

/** Copies a result that lives in a parameter or an input, so that the host can always read it. */
function keep(tape: TapeBuilder, tensor: TensorId): TensorId {
  const output = tape.tensor(tape.tensors[tensor].shape, 'logits', 'result')
  tape.emit({
    kind: 'elementwise',
    inputs: [tensor],
    inputShapes: [tape.tensors[tensor].shape],
    output,
    shape: tape.tensors[tensor].shape,
    steps: [{ fn: 'identity', args: [0] }],
    accumulate: false,
  })
  return output
}

function finish(tape: TapeBuilder, fusion: Fusion): Tape {
  return { B: tape.B, T: tape.T, tensors: tape.tensors, ops: fuse(tape.tensors, tape.ops, fusion), io: tape.io }
}

function reachable(graph: ModelGraph): boolean[] {
  const used = Array<boolean>(graph.nodes.length).fill(false)
  used[graph.output] = true
  for (let i = graph.nodes.length - 1; i >= 0; i--) if (used[i]) for (const input of graph.nodes[i].inputs) used[input] = true
  return used
}

function consumers(graph: ModelGraph, index: number, used: boolean[]): number {
  return graph.nodes.filter((node, i) => used[i] && node.inputs.includes(index)).length
}

function emitForward(tape: TapeBuilder, graph: ModelGraph, shapes: readonly Shape[], used: boolean[], skip: number) {
  const taped: (TapedNode | null)[] = []
  for (const [index, node] of graph.nodes.entries()) {
    if (!used[index] || index === skip) {
      taped.push(null)
      continue
    }
    const partial = {
      index,
      node,
      shape: shapes[index],
      inputShapes: node.inputs.map((i) => shapes[i]),
      inputs: node.inputs.map((i) => taped[i]!.output),
      saved: [],
    }
    taped.push({ ...partial, output: OPS[node.op].forward(tape, partial) })
    if (node.op === 'param' || node.inputs.some((i) => tape.needs(i))) tape.needsGrad.add(index)
  }
  return taped
}

function emitBackward(
  tape: TapeBuilder,
  shapes: readonly Shape[],
  taped: (TapedNode | null)[],
  head: number,
  dLogits: TensorId,
): void {
  if (!tape.needs(head)) return
  tape.contribute(head, dLogits)
  for (let index = head; index >= 0; index--) {
    const node = taped[index]
    if (!node || !tape.needs(index) || node.node.op === 'param') continue
    const dOut = tape.gradient(index)
    if (dOut !== null) OPS[node.node.op].backward(tape, { ...node, shape: shapes[index] }, dOut)
  }
}
