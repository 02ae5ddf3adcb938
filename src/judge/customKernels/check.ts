// Custom kernels of a program, taken through every gate before the program may use them.

import { LabError } from '../../core/errors'
import type { Engine } from '../../engine/backends/backend'
import { isDevice, type OpenedDevice } from '../../engine/backends/webgpu/device'
import type { Patience } from '../../engine/kernels/customRun'
import { buildTape } from '../../graph/autodiff'
import type { GraphNode, ModelGraph, Shape } from '../../graph/ir'
import type { CustomKernel } from '../../graph/wgsl/kernel'
import { preparedAttrs, preparedText } from '../../graph/wgsl/kernel'
import { prepareKernels } from '../../graph/wgsl/prepare'
import type { GateResult } from '../types'
import { KERNEL_GATES } from './gates'
import { Subject } from './subject'

/** A run on a few tokens takes milliseconds, on a busy machine a second; a compiler may need many. */
const PATIENCE: Patience = { runMs: 5_000, compileMs: 30_000 }

/** Kernels that passed on a device, for as long as it lives. */
const passed = new WeakMap<GPUDevice, Set<string>>()

/**
 * Takes every custom kernel that a program trains with through the gates; a kernel that passed once on this device is
 * not looked at again. No results for a program without custom kernels, or an engine that has none (planning refuses).
 * @param onBegin told once, when there is something to check
 * @throws LabError "judge.kernel" naming kernel, gate and line; "gpu.hung" when a kernel does not come back: then the
 *   device is not to be used again
 */
export async function checkKernels(
  engine: Engine,
  graph: ModelGraph,
  shapes: readonly Shape[],
  onBegin: () => void,
  patience = PATIENCE,
): Promise<GateResult[]> {
  const nodes = graph.nodes.filter(({ op }) => op === 'wgsl')
  if (nodes.length === 0 || !isDevice(engine)) return []
  onBegin()
  await checkRead(graph, shapes)
  let known = passed.get(engine.device)
  if (!known) passed.set(engine.device, (known = new Set()))
  const kernels = kernelsOf(graph, shapes)
  for (const [key, kernel] of kernels) {
    if (known.has(key)) continue
    await climb(kernel, engine, patience, lineOf(nodes, kernel))
    known.add(key)
  }
  const names = [...kernels.values()].map(({ name }) => name).join(', ')
  const gates = ['kernel:read' as const, ...KERNEL_GATES.map(({ gate }) => gate)]
  return gates.map((gate) => ({ gate, passed: true, detail: names }))
}

/** What will be compiled must be what its author's text is read as, here and now. */
async function checkRead(graph: ModelGraph, shapes: readonly Shape[]): Promise<void> {
  const again = await prepareKernels(graph, shapes)
  for (const [i, node] of graph.nodes.entries()) {
    if (node.op !== 'wgsl' || isPreparedAlike(node, again.nodes[i])) continue
    throw failure('kernel:read', String(node.attrs.name), node.line, 'its compiled text is not what its author wrote', 'Describe the program anew from its train.js.')
  }
}

function isPreparedAlike({ attrs }: GraphNode, { attrs: again }: GraphNode): boolean {
  const [forward, backward] = [preparedText(again, 'forward')!, preparedText(again, 'backward')!]
  return Object.entries(preparedAttrs(forward, backward)).every(([name, value]) => JSON.stringify(attrs[name]) === JSON.stringify(value))
}

/** The different kernels that take part in a program's training, by all that makes them different. */
function kernelsOf(graph: ModelGraph, shapes: readonly Shape[]): Map<string, CustomKernel> {
  const tape = buildTape(graph, shapes, 1, 2, { kind: 'train', first: true, accumulate: 1 })
  const custom = tape.ops.flatMap((op) => (op.kind === 'custom' ? [op.kernel] : []))
  return new Map(custom.map((kernel) => [JSON.stringify(kernel), kernel]))
}

async function climb(kernel: CustomKernel, opened: OpenedDevice, patience: Patience, line: number | undefined): Promise<void> {
  const subject = new Subject(kernel, opened, patience)
  for (const { gate, check, hint } of KERNEL_GATES) {
    const flaw = await check(subject)
    if (flaw) throw failure(gate, kernel.name, line, flaw, hint)
  }
}

function lineOf(nodes: readonly GraphNode[], { name, forward }: CustomKernel): number | undefined {
  return nodes.find(({ attrs }) => attrs.name === name && attrs.forwardCode === forward.code)?.line
}

function failure(gate: GateResult['gate'], kernel: string, line: number | undefined, flaw: string, hint: string): LabError {
  const place = `${line === undefined ? '' : `train.js line ${line}: `}kernel "${kernel}"`
  return new LabError('judge.kernel', `${place} failed the gate ${gate}: ${flaw}.`, { hint, data: { gate, kernel, line: line ?? null } })
}
