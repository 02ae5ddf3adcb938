// Token embedding and linear layers: the ops whose gradients are the big matrix products.

import { describeShape, product, type OpDef } from '../opDef'

export const embedding: OpDef = {
  shape(node) {
    const [table, tokens] = node.inputs
    if (table.batch || table.dims.length < 2) node.fail(`table must be a parameter [V, ...], got ${describeShape(table)}`)
    if (!tokens.batch || tokens.dims.length > 0) node.fail(`second input must be the tokens, got ${describeShape(tokens)}`)
    return { batch: true, dims: table.dims.slice(1) }
  },
  forward(tape, { inputs, inputShapes, shape }) {
    const output = tape.tensor(tape.concrete(shape), 'embedding')
    const [V, ...rest] = inputShapes[0].dims
    tape.emit({ kind: 'embedding', table: inputs[0], tokens: inputs[1], output, N: tape.rows, V, C: product(rest) })
    return output
  },
  backward(tape, { node, inputShapes }, dOut) {
    const dims = inputShapes[0].dims
    const into = tape.destination(node.inputs[0], dims, 'dTable')
    const { order, starts } = tape.io
    const shape = { N: tape.rows, V: dims[0], C: product(dims.slice(1)) }
    tape.emit({ kind: 'embeddingGrad', dOut, order, starts, output: into.tensor, accumulate: into.accumulate, ...shape })
  },
}

export const linear: OpDef = {
  shape(node) {
    const [x, w, bias] = node.inputs
    if (w.batch || w.dims.length !== 2) node.fail(`weight must be a parameter [out, in], got ${describeShape(w)}`)
    const K = x.dims.at(-1)
    if (K === undefined) node.fail(`input has no channels: ${describeShape(x)}`)
    if (K !== w.dims[1])
      node.fail(`input has ${K} channels (${describeShape(x)}) but the weight ${describeShape(w)} takes ${w.dims[1]}`)
    if (bias && (bias.batch || bias.dims.length !== 1 || bias.dims[0] !== w.dims[0]))
      node.fail(`bias must be [${w.dims[0]}], got ${describeShape(bias)}`)
    return { batch: x.batch, dims: [...x.dims.slice(0, -1), w.dims[0]] }
  },
  forward(tape, { inputs, inputShapes, shape }) {
    const output = tape.tensor(tape.concrete(shape), 'linear')
    const [N, K] = inputShapes[1].dims
    const M = product(tape.concrete(inputShapes[0])) / K
    tape.emit({ kind: 'matmul', orient: 'NT', a: inputs[0], b: inputs[1], output, M, N, K, accumulate: false })
    if (inputs.length < 3) return output
    const concrete = tape.concrete(shape)
    const row = [...concrete.slice(1).map(() => 1), N]
    return tape.elementwise('add', [output, inputs[2]], concrete, { name: 'biased', inputShapes: [concrete, row] })
  },
  backward(tape, { node, inputs, inputShapes }, dOut) {
    const [N, K] = inputShapes[1].dims
    const M = product(tape.concrete(inputShapes[0])) / K
    const [xIndex, wIndex, biasIndex] = node.inputs
    if (tape.needs(xIndex)) {
      const { tensor: output, accumulate } = tape.destination(xIndex, tape.concrete(inputShapes[0]), 'dLinear')
      tape.emit({ kind: 'matmul', orient: 'NN', a: dOut, b: inputs[1], output, M, N: K, K: N, accumulate })
    }
    if (tape.needs(wIndex)) {
      const { tensor: output, accumulate } = tape.destination(wIndex, inputShapes[1].dims, 'dWeight')
      tape.emit({ kind: 'matmul', orient: 'TN', a: dOut, b: inputs[0], output, M: N, N: K, K: M, accumulate })
    }
    if (biasIndex !== undefined && tape.needs(biasIndex)) {
      const { tensor: output, accumulate } = tape.destination(biasIndex, [N], 'dBias')
      tape.emit({ kind: 'reduceSum', x: dOut, output, outer: 1, reduce: M, inner: N, scale: 1, accumulate })
    }
  },
}
