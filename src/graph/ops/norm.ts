// Normalisations and softmax over the last dim, and the reductions over it.

import { describeShape, numberAttr, product, type OpDef, type ShapedNode } from '../opDef'

function lastDim(node: ShapedNode): number {
  return node.inputs[0].dims.at(-1) ?? node.fail(`input has no channels: ${describeShape(node.inputs[0])}`)
}

function norm(kind: 'rms' | 'layer'): OpDef {
  return {
    shape(node) {
      lastDim(node)
      numberAttr(node, 'eps', 0, 1)
      return node.inputs[0]
    },
    forward(tape, { node, inputs, shape }) {
      const concrete = tape.concrete(shape)
      const C = concrete[concrete.length - 1]
      const output = tape.tensor(concrete, `${kind}Norm`)
      const eps = node.attrs.eps as number
      tape.emit({ kind: 'norm', norm: kind, x: inputs[0], output, rows: product(concrete) / C, C, eps })
      return output
    },
    backward(tape, { node, inputs, shape }, dOut) {
      const concrete = tape.concrete(shape)
      const C = concrete[concrete.length - 1]
      const eps = node.attrs.eps as number
      const output = tape.tensor(concrete, `d${kind}Norm`)
      tape.emit({ kind: 'normGrad', norm: kind, dOut, x: inputs[0], output, rows: product(concrete) / C, C, eps })
      tape.contribute(node.inputs[0], output)
    },
  }
}

export const rmsNorm = norm('rms')
export const layerNorm = norm('layer')

export const softmax: OpDef = {
  shape(node) {
    lastDim(node)
    return node.inputs[0]
  },
  forward(tape, { inputs, shape }) {
    const concrete = tape.concrete(shape)
    const C = concrete[concrete.length - 1]
    const output = tape.tensor(concrete, 'softmax')
    tape.emit({ kind: 'softmax', x: inputs[0], output, rows: product(concrete) / C, C })
    return output
  },
  backward(tape, { node, output: y, shape }, dOut) {
    const concrete = tape.concrete(shape)
    const C = concrete[concrete.length - 1]
    const output = tape.tensor(concrete, 'dSoftmax')
    tape.emit({ kind: 'softmaxGrad', dOut, y, output, rows: product(concrete) / C, C })
    tape.contribute(node.inputs[0], output)
  },
}

function reduction(kind: 'sum' | 'mean'): OpDef {
  const scaleOf = (C: number) => (kind === 'mean' ? 1 / C : 1)
  return {
    shape(node) {
      lastDim(node)
      return { batch: node.inputs[0].batch, dims: [...node.inputs[0].dims.slice(0, -1), 1] }
    },
    forward(tape, { inputs, inputShapes, shape }) {
      const C = inputShapes[0].dims.at(-1)!
      const concrete = tape.concrete(shape)
      const output = tape.tensor(concrete, kind)
      const scale = scaleOf(C)
      tape.emit({ kind: 'reduceSum', x: inputs[0], output, outer: product(concrete), reduce: C, inner: 1, scale, accumulate: false })
      return output
    },
    backward(tape, { node, inputShapes, shape }, dOut) {
      const target = tape.concrete(inputShapes[0])
      const spread = tape.elementwise('affine', [dOut], target, {
        constants: [scaleOf(target[target.length - 1]), 0],
        inputShapes: [tape.concrete(shape)],
        name: `d${kind}`,
      })
      tape.contribute(node.inputs[0], spread)
    },
  }
}

export const sum = reduction('sum')
export const mean = reduction('mean')
