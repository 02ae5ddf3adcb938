// g.wgsl: an op whose forward and backward are the program's own WGSL. To every pass it is opaque: it reads whole
// tensors, overwrites others, and is neither fused, cut nor kept in f16.

import { LabError } from '../../core/errors'
import { describeShape, intAttr, product, type OpDef, type ShapedNode, type TapedNode } from '../opDef'
import type { TensorId } from '../tape'
import type { TapeBuilder } from '../tapeBuilder'
import { calls, inputsRead, KERNEL_LIMITS, preparedText, type CustomKernel, type KernelText } from '../wgsl/kernel'
import { isInputName } from '../wgsl/names'

export const wgsl: OpDef = {
  shape(node) {
    const { inputs } = node
    checkWords(node)
    const lanes = intAttr(node, 'lanes', 1, KERNEL_LIMITS.lanes)
    intAttr(node, 'trips', 0, KERNEL_LIMITS.trips)
    const state = intAttr(node, 'state', 0, KERNEL_LIMITS.state)
    if (state > 0 && node.node.attrs.per !== 'row') node.fail('state lasts from token to token: only kernels with per: \'row\' have it')
    if (!inputs.some(({ batch }) => batch)) node.fail('at least one input must be an activation [B, T, ...]')
    for (const shape of inputs)
      if (!shape.batch && product(shape.dims) > KERNEL_LIMITS.paramSize)
        node.fail(`a parameter ${describeShape(shape)} is too large: ${KERNEL_LIMITS.paramSize} elements at most, as each token has a part of its gradient`)
    const dims = node.node.attrs.dims
    if (!Array.isArray(dims) || dims.some((d) => !Number.isInteger(d) || d < 1)) return node.fail('output must be a list of positive integers, the dims after B and T')
    const most = Math.max(product(dims), ...inputs.map((input) => product(input.dims)))
    if (lanes > most) node.fail(`${lanes} lanes are more than the ${most} elements there are at most: some would have nothing to write`)
    return { batch: true, dims }
  },
  forward(tape, node) {
    const kernel = kernelOf(node)
    const output = tape.tensor(tape.concrete(node.shape), kernel.name)
    tape.emit({ kind: 'custom', kernel, ...readsOf(kernel, kernel.forward, node.inputs), output, B: tape.B, T: tape.T })
    return output
  },
  backward(tape, node, dOut) {
    const kernel = kernelOf(node)
    const { B, T } = tape
    const wanted = kernel.inputs.map((_, i) => i).filter((i) => tape.needs(node.node.inputs[i]))
    const outputs = wanted.map((i) => gradientOf(tape, node, kernel, i))
    const y = calls(kernel.backward, 'get_y') ? { y: node.output } : {}
    const reads = readsOf(kernel, kernel.backward, node.inputs)
    tape.emit({ kind: 'customGrad', kernel, ...reads, ...y, dOut, outputs, grads: wanted.map((i) => kernel.inputs[i].name), B, T })
    for (const [at, i] of wanted.entries()) if (!kernel.inputs[i].batch) addUp(tape, node, kernel, i, outputs[at])
  },
}

function checkWords(node: ShapedNode): void {
  const { name, per, names, forward, backward } = node.node.attrs
  if (typeof name !== 'string' || !/^[A-Za-z]\w{0,31}$/.test(name)) node.fail('name must be 1 to 32 letters, digits or _')
  if (per !== 'token' && per !== 'row') node.fail("per must be 'token' or 'row'")
  for (const text of [forward, backward]) if (typeof text !== 'string') node.fail('forward and backward must be WGSL texts')
  const each = String(names).split(' ')
  const wrong = each.find((word) => !isInputName(word))
  if (wrong !== undefined) node.fail(`an input cannot be called "${wrong}": use a short name that is no word of WGSL, and not y, dy or state`)
  if (new Set(each).size !== each.length || each.length !== node.inputs.length) node.fail('every input needs a name of its own')
}

/** @throws LabError "program.graph" when the node's texts were not read: see src/graph/wgsl/prepare.ts */
function kernelOf({ node, shape, inputShapes }: Omit<TapedNode, 'output'>): CustomKernel {
  const { name, per, names, lanes, state, trips } = node.attrs as { name: string; per: 'token' | 'row'; names: string; lanes: number; state: number; trips: number }
  const [forward, backward] = [preparedText(node.attrs, 'forward'), preparedText(node.attrs, 'backward')]
  if (!forward || !backward)
    throw new LabError('program.graph', `The kernel "${name}" was never checked.`, { hint: 'Describe the program anew from its train.js.' })
  const inputs = names.split(' ').map((each, i) => ({ name: each, size: product(inputShapes[i].dims), batch: inputShapes[i].batch }))
  return { name, per, lanes, state, trips, inputs, size: product(shape.dims), forward, backward }
}

/** The inputs that a text reads, and their names. */
function readsOf(kernel: CustomKernel, text: KernelText, inputs: readonly TensorId[]): { inputs: TensorId[]; names: string[] } {
  const used = inputsRead(kernel, text)
  return { inputs: used.map((i) => inputs[i]), names: used.map((i) => kernel.inputs[i].name) }
}

/** Where the gradient of input `i` is written: its own place, or parts that are yet to be summed. */
function gradientOf(tape: TapeBuilder, node: TapedNode, kernel: CustomKernel, i: number): TensorId {
  const { name, size, batch } = kernel.inputs[i]
  if (batch) return tape.destination(node.node.inputs[i], tape.concrete(node.inputShapes[i]), `d${name}`).tensor
  return tape.tensor([partsOf(tape, kernel), size], `d${name}Parts`)
}

function partsOf({ rows, B }: TapeBuilder, { per }: CustomKernel): number {
  return per === 'token' ? rows : B
}

function addUp(tape: TapeBuilder, node: TapedNode, kernel: CustomKernel, i: number, x: TensorId): void {
  const { name, size } = kernel.inputs[i]
  const { tensor: output, accumulate } = tape.destination(node.node.inputs[i], node.inputShapes[i].dims, `d${name}`)
  tape.emit({ kind: 'reduceSum', x, output, outer: 1, reduce: partsOf(tape, kernel), inner: size, scale: 1, accumulate })
}
