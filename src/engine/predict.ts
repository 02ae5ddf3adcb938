import { inferShapes } from '../graph/shapes'
import type { ProgramSpec } from '../graph/program'
import type { Capabilities } from './kernel'
import { planModel } from './planner'

/** What is known of an adapter without holding it. */
export interface AdapterLimits {
  tier: 'software' | 'integrated' | 'discrete'
  subgroups: boolean
  /** webgpu if not given; the others as in Capabilities */
  backend?: Capabilities['backend']
  threads?: number
  replicas?: number
  maxBufferBytes: number
  maxBindingBytes: number
  /** what was measured of it, where known: the kernels chosen have a say in their temporary memory */
  choices?: Capabilities['choices']
  peaks?: Capabilities['peaks']
  half?: boolean
}

/**
 * Device bytes a program will allocate, exactly as the planner will: nothing is allocated to find out.
 * @param where.memoryBytes what it may take: activations are computed twice where that makes it fit
 * @throws LabError program.graph | program.memory
 */
export function predictBytes(
  program: ProgramSpec,
  where: { vocab: number; adapter: AdapterLimits; evaluation: { context: number; tokens: number }; memoryBytes?: number },
): number {
  const { vocab, adapter, evaluation, memoryBytes } = where
  const caps: Capabilities = {
    backend: adapter.backend ?? 'webgpu',
    threads: adapter.threads,
    replicas: adapter.replicas,
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
    choices: adapter.choices,
    peaks: adapter.peaks,
    half: adapter.half,
  }
  const shapes = inferShapes(program.graph, vocab)
  return planModel({ program, shapes, vocab, evaluation, memoryBytes }, caps).totalBytes
}
