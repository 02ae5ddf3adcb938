// Custom kernels are read where a program crosses the border, right after its shapes are known. From then on its nodes
// carry the texts that will be compiled, and nothing behind the border needs a parser.

import { LabError } from '../../core/errors'
import type { GraphNode, ModelGraph, Shape } from '../ir'
import { KERNEL_LIMITS, preparedAttrs } from './kernel'

/**
 * The graph with every custom kernel read, checked and rewritten; the same graph when it has none.
 * @param shapes as returned by inferShapes
 * @throws LabError "program.graph" naming the line of train.js, the kernel and the line of its text
 */
export async function prepareKernels(graph: ModelGraph, shapes: readonly Shape[]): Promise<ModelGraph> {
  const count = graph.nodes.filter((node) => node.op === 'wgsl').length
  if (count === 0) return graph
  if (count > KERNEL_LIMITS.uses) throw tooMany(`uses custom kernels ${count} times; ${KERNEL_LIMITS.uses} are allowed`)
  const { readKernelText } = await import('./author')
  const known = new Map<string, GraphNode['attrs']>()
  const nodes = graph.nodes.map((node) => {
    if (node.op !== 'wgsl') return node
    const attrs = node.attrs as { name: string; per: 'token' | 'row'; names: string; state: number; forward: string; backward: string }
    const frame = {
      per: attrs.per,
      inputs: attrs.names.split(' ').map((name, i) => ({ name, batch: shapes[node.inputs[i]].batch })),
      state: attrs.state,
    }
    const key = JSON.stringify([frame, attrs.forward, attrs.backward])
    let prepared = known.get(key)
    if (!prepared) {
      const place = `${node.line ? `train.js line ${node.line}: ` : ''}kernel "${attrs.name}"`
      prepared = preparedAttrs(readKernelText(attrs.forward, 'forward', frame, place), readKernelText(attrs.backward, 'backward', frame, place))
      known.set(key, prepared)
    }
    return { ...node, attrs: { ...node.attrs, ...prepared } }
  })
  if (known.size > KERNEL_LIMITS.kernels) throw tooMany(`has ${known.size} different custom kernels; ${KERNEL_LIMITS.kernels} are allowed`)
  return { ...graph, nodes }
}

function tooMany(message: string): LabError {
  return new LabError('program.graph', `The program ${message}.`, { hint: 'Use fewer, or one kernel for several layers.' })
}
