// Nodes without inputs. Their shapes come from the graph itself, so inferShapes handles `param`.

import { numberAttr, type OpDef } from '../opDef'

export const tokens: OpDef = {
  shape: () => ({ batch: true, dims: [] }),
  forward: (tape) => tape.io.tokens,
  backward: () => undefined,
}

export const param: OpDef = {
  shape: (node) => node.fail('a parameter has no shape of its own'),
  forward: (tape, { index, node, shape }) => tape.param(index, node.attrs.name as string, shape.dims),
  backward: () => undefined,
}

export const constant: OpDef = {
  shape(node) {
    numberAttr(node, 'value', -1e30, 1e30)
    return { batch: false, dims: [] }
  },
  forward(tape, { node }) {
    const output = tape.tensor([], 'constant')
    tape.emit({ kind: 'fill', output, value: node.attrs.value as number })
    return output
  },
  backward: () => undefined,
}
