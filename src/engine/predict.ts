import { inferShapes } from '../graph/shapes'
import type { ProgramSpec } from '../graph/program'
import type { Capabilities } from './kernel'
import { planModel } from './planner'

/** What is known of an adapter without holding it. */
export interface AdapterLimits {
  tier: 'software' | 'integrated' | 'discrete'
  subgroups: boolean
  maxBufferBytes: number
  maxBindingBytes: number
}

/**
 * Device bytes a program will allocate, exactly as the planner will: nothing is allocated to find out.
 * @throws LabError program.graph | program.memory
 */
export function predictBytes(
  program: ProgramSpec,
  where: { vocab: number; adapter: AdapterLimits; evaluation: { context: number; tokens: number } },
): number {
  const { vocab, adapter, evaluation } = where
  const caps: Capabilities = {
    software: adapter.tier === 'software',
    subgroups: adapter.subgroups,
    subgroupMinSize: adapter.subgroups ? 4 : 0,
    f16: false,
    maxWorkgroupsPerDimension: 65535,
    maxWorkgroupStorageBytes: 16384,
    maxInvocationsPerWorkgroup: 256,
    maxStorageBuffers: 8,
    maxBindingBytes: adapter.maxBindingBytes,
    maxBufferBytes: adapter.maxBufferBytes,
  }
  const shapes = inferShapes(program.graph, vocab)
  return planModel({ program, shapes, vocab, evaluation }, caps).totalBytes
}
