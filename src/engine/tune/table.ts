// What was measured on one adapter: the variant of every product met so far, and the adapter's peaks. Plain JSON.

import { sha256 } from '../../core/hash'
import type { OpenedDevice } from '../backends/webgpu/device'
import { matmulTexts } from '../kernels/matmul'

export interface TuningTable {
  /** variant by tuning key; the same table gives the same kernels, hence the same bits */
  choices: Record<string, string>
  /** GFLOP/s of the chosen variant by tuning key; absent where the choice was not measured but taken over */
  gflops: Record<string, number>
  /** the most this adapter was seen to do: arithmetic in GFLOP/s, a plain copy in GB/s; null before it is measured */
  peaks: { gflops: number; gbps: number } | null
}

/** Where tables are kept between visits; the host provides it. */
export interface TuningStore {
  load(adapterKey: string): Promise<unknown>
  save(adapterKey: string, table: TuningTable): Promise<void>
}

/** Names an adapter, its driver, the present kernels, and matrix units if asked for: a table is worth something for these only. */
export async function adapterKey({ info, caps }: Pick<OpenedDevice, 'info' | 'caps'>): Promise<string> {
  const { vendor, architecture, description } = info
  const kernels = await sha256(matmulTexts.join('\n'))
  return [vendor, architecture, description, kernels.slice(0, 12), ...(caps.subgroupMatrix ? ['matrix'] : [])].join('|')
}

/** Reads a stored table; anything that is not one is as good as none. */
export function readTable(stored: unknown): TuningTable {
  const empty: TuningTable = { choices: {}, gflops: {}, peaks: null }
  if (!isRecord(stored) || !isRecord(stored.choices) || !isRecord(stored.gflops)) return empty
  const { choices, gflops, peaks } = stored
  if (!Object.values(choices).every((v) => typeof v === 'string') || !Object.values(gflops).every(isRate)) return empty
  if (peaks !== null && !(isRecord(peaks) && isRate(peaks.gflops) && isRate(peaks.gbps))) return empty
  return { choices: { ...(choices as Record<string, string>) }, gflops: { ...(gflops as Record<string, number>) }, peaks: peaks as TuningTable['peaks'] }
}

/**
 * Where the choice is kept in the tuning table. Programs within a factor of 16 in arithmetic share it, so that the
 * trials of one lab, which differ by little, are trained alike and compared fairly.
 * @param flops of one training step
 */
export function precisionKey(flops: number): string {
  return `precision ${Math.floor(Math.log2(Math.max(1, Math.round(flops))) / 4)}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRate(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

/** A store that forgets with the process. */
export function memoryStore(): TuningStore {
  const tables = new Map<string, string>()
  return {
    load: async (key) => JSON.parse(tables.get(key) ?? 'null') as unknown,
    save: async (key, table) => void tables.set(key, JSON.stringify(table)),
  }
}
