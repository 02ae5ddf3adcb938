// Rotary embedding and causal attention: [B, T, heads, D].

import type { Shape } from '../ir'
import { describeShape, intAttr, numberAttr, type OpDef, type ShapedNode, type TapedNode } from '../opDef'
import type { AttentionShape } from '../tape'
import type { TapeBuilder } from '../tapeBuilder'

const MAX_HEAD_SIZE = 256

function heads(node: ShapedNode, shape: Shape, what: string): { H: number; D: number } {
  if (!shape.batch || shape.dims.length !== 2) node.fail(`${what} must be [B, T, heads, D], got ${describeShape(shape)}`)
  const [H, D] = shape.dims
  if (D % 2 !== 0 || D > MAX_HEAD_SIZE) node.fail(`${what}: head size must be even and at most ${MAX_HEAD_SIZE}, got ${D}`)
  return { H, D }
}

export const rope: OpDef = {
  shape(node) {
    heads(node, node.inputs[0], 'input')
    numberAttr(node, 'base', 1, 1e9)
    return node.inputs[0]
  },
  forward(tape, { node, inputs, shape }) {
    return rotate(tape, inputs[0], shape, node.attrs.base as number, false)
  },
  backward(tape, { node, shape }, dOut) {
    tape.contribute(node.inputs[0], rotate(tape, dOut, shape, node.attrs.base as number, true))
  },
}

function rotate(tape: TapeBuilder, x: number, shape: Shape, base: number, inverse: boolean): number {
  const [H, D] = shape.dims
  const output = tape.tensor(tape.concrete(shape), inverse ? 'dRope' : 'rope')
  tape.emit({ kind: 'rope', x, output, B: tape.B, T: tape.T, H, D, base, inverse })
  return output
}

export const attention: OpDef = {
  shape(node) {
    const [q, k, v] = node.inputs
    const query = heads(node, q, 'q')
    const key = heads(node, k, 'k')
    heads(node, v, 'v')
    if (describeShape(k) !== describeShape(v)) node.fail(`k ${describeShape(k)} and v ${describeShape(v)} differ`)
    if (query.D !== key.D) node.fail(`q has head size ${query.D} but k has ${key.D}`)
    if (query.H % key.H !== 0) node.fail(`${query.H} query heads cannot share ${key.H} key heads evenly`)
    intAttr(node, 'window', 0, 1 << 20)
    numberAttr(node, 'scale', 0, 1e4)
    numberAttr(node, 'softcap', 0, 1e6)
    return q
  },
  forward(tape, node) {
    const [q, k, v] = node.inputs
    const shape = attentionShape(tape, node)
    const output = tape.tensor(tape.concrete(node.shape), 'attention')
    const lse = tape.tensor([tape.B, shape.H, tape.T], 'attention/lse')
    node.saved.push(lse)
    tape.emit({ kind: 'attention', q, k, v, output, lse, shape })
    return output
  },
  backward(tape, node, dOut) {
    const [q, k, v] = node.inputs
    const dQ = tape.tensor(tape.concrete(node.inputShapes[0]), 'dQ')
    const dK = tape.tensor(tape.concrete(node.inputShapes[1]), 'dK')
    const dV = tape.tensor(tape.concrete(node.inputShapes[2]), 'dV')
    const shape = attentionShape(tape, node)
    tape.emit({ kind: 'attentionGrad', q, k, v, out: node.output, lse: node.saved[0], dOut, dQ, dK, dV, shape })
    for (const [position, tensor] of [dQ, dK, dV].entries())
      if (tape.needs(node.node.inputs[position])) tape.contribute(node.node.inputs[position], tensor)
  },
}

function attentionShape(tape: TapeBuilder, node: Omit<TapedNode, 'output'>): AttentionShape {
  const [H, D] = node.inputShapes[0].dims
  const { window, scale, softcap } = node.node.attrs as Record<'window' | 'scale' | 'softcap', number>
  const KV = node.inputShapes[1].dims[0]
  // scale 0 asks for the usual 1/√D
  return { B: tape.B, T: tape.T, H, KV, D, window: window >= tape.T ? 0 : window, scale: scale || 1 / Math.sqrt(D), softcap }
}
