// Ops that look along T, always backwards, and dropout.

import { describeShape, intAttr, numberAttr, product, type OpDef } from '../opDef'

export const shift: OpDef = {
  shape(node) {
    if (!node.inputs[0].batch) node.fail(`input must be an activation [B, T, ...], got ${describeShape(node.inputs[0])}`)
    intAttr(node, 'by', 0, 1 << 20)
    return node.inputs[0]
  },
  forward(tape, { node, inputs, shape }) {
    const output = tape.tensor(tape.concrete(shape), 'shift')
    tape.emit({ kind: 'shift', x: inputs[0], output, B: tape.B, T: tape.T, C: product(shape.dims), by: node.attrs.by as number })
    return output
  },
  backward(tape, { node, shape }, dOut) {
    const output = tape.tensor(tape.concrete(shape), 'dShift')
    tape.emit({ kind: 'shift', x: dOut, output, B: tape.B, T: tape.T, C: product(shape.dims), by: -(node.attrs.by as number) })
    tape.contribute(node.inputs[0], output)
  },
}

export const conv: OpDef = {
  shape(node) {
    const [x, w] = node.inputs
    if (!x.batch || x.dims.length !== 1) node.fail(`input must be [B, T, C], got ${describeShape(x)}`)
    if (w.batch || w.dims.length !== 2 || w.dims[0] !== x.dims[0])
      node.fail(`weight must be a parameter [${x.dims[0]}, taps], got ${describeShape(w)}`)
    return x
  },
  forward(tape, { inputs, inputShapes, shape }) {
    const [C, K] = inputShapes[1].dims
    const output = tape.tensor(tape.concrete(shape), 'conv')
    tape.emit({ kind: 'conv', x: inputs[0], w: inputs[1], output, B: tape.B, T: tape.T, C, K })
    return output
  },
  backward(tape, { node, inputs, inputShapes, shape }, dOut) {
    const [C, K] = inputShapes[1].dims
    const size = { B: tape.B, T: tape.T, C, K }
    const [xIndex, wIndex] = node.inputs
    if (tape.needs(xIndex)) {
      const output = tape.tensor(tape.concrete(shape), 'dConv')
      tape.emit({ kind: 'convInputGrad', dOut, w: inputs[1], output, ...size })
      tape.contribute(xIndex, output)
    }
    if (tape.needs(wIndex)) {
      const { tensor: output, accumulate } = tape.destination(wIndex, [C, K], 'dConvWeight')
      tape.emit({ kind: 'convWeightGrad', dOut, x: inputs[0], output, accumulate, ...size })
    }
  },
}

export const dropout: OpDef = {
  shape(node) {
    numberAttr(node, 'rate', 0, 0.95)
    return node.inputs[0]
  },
  forward(tape, { index, node, inputs, shape }) {
    if (!tape.training || node.attrs.rate === 0) return inputs[0]
    const output = tape.tensor(tape.concrete(shape), 'dropout')
    tape.emit({ kind: 'dropout', x: inputs[0], output, rate: node.attrs.rate as number, node: index })
    return output
  },
  backward(tape, { index, node, shape }, dOut) {
    if (node.attrs.rate === 0) return tape.contribute(node.inputs[0], dOut)
    // the mask is a function of (seed, step, node, element), so the same op drops the same places
    const output = tape.tensor(tape.concrete(shape), 'dDropout')
    tape.emit({ kind: 'dropout', x: dOut, output, rate: node.attrs.rate as number, node: index })
    tape.contribute(node.inputs[0], output)
  },
}
