import { inferShapes } from '../graph/shapes'
import type { ProgramSpec } from '../graph/program'
import type { Capabilities } from './kernel'
import { planModel } from './planner'
import { precisionKey } from './tune/table'

/**
 * Device bytes a program will allocate, exactly as the planner will: nothing is allocated to find out.
 * @param where.adapter what the program will run on, with the kernels and the precision that were measured for it
 * @param where.memoryBytes what it may take: activations are computed twice where that makes it fit
 * @throws LabError program.graph | program.memory
 */
export function predictBytes(
  program: ProgramSpec,
  where: { vocab: number; adapter: { caps: Capabilities }; evaluation: { context: number; tokens: number }; memoryBytes?: number },
): number {
  const { vocab, adapter, evaluation, memoryBytes } = where
  const { caps } = adapter
  const request = { program, shapes: inferShapes(program.graph, vocab), vocab, evaluation, memoryBytes }
  if (!Object.values(caps.choices ?? {}).includes('f16')) return planModel(request, caps).totalBytes
  // which precision was chosen hangs on the arithmetic of a step, which memory has no say in
  const { commands } = planModel({ ...request, memoryBytes: undefined }, caps).train
  const flops = commands.reduce((sum, { kernel }) => sum + (kernel.flops ?? 0), 0)
  return planModel(request, { ...caps, half: caps.choices?.[precisionKey(flops)] === 'f16' }).totalBytes
}
