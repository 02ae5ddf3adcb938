// Kernel variants for a program: measured once an adapter, and kept where the host keeps such things.

import { sha256 } from '../core/hash'
import type { Engine } from '../engine/backends/backend'
import { isDevice } from '../engine/backends/webgpu/device'
import type { Capabilities } from '../engine/kernel'
import { planModel, type PlanRequest } from '../engine/planner'
import { adapterKey, readTable, type TuningStore } from '../engine/tune/table'
import { tune } from '../engine/tune/tune'

/** What to plan a program with, and what names the choice. */
export interface ChosenKernels {
  caps: Capabilities
  /** of the variants that this program's kernels have, wherever there was a choice; null without a store */
  hash: string | null
}

/**
 * Measures what the store does not know yet; without a store, and without a device, the built-in rules hold.
 * @param onProgress told only when there is something to measure
 * @throws LabError "program.memory" as planning does; never because of the store
 */
export async function chooseKernels(
  opened: Engine,
  request: PlanRequest,
  store: TuningStore | null,
  onProgress: (done: number, total: number) => void,
): Promise<ChosenKernels> {
  if (!store || !isDevice(opened)) return { caps: opened.caps, hash: null }
  const caps = await tune(opened, request, forgiving(store), onProgress)
  const { train, score, probe } = planModel(request, caps)
  const keys = [train, score, probe].flatMap(({ commands }) => commands.flatMap(({ kernel }) => kernel.tunable?.key ?? []))
  const named = [...new Set(keys)].sort().map((key) => `${key}: ${caps.choices?.[key] ?? ''}`)
  if (caps.half) named.push('activations: f16')
  return { caps, hash: (await sha256(named.join('\n'))).slice(0, 8) }
}

/** What the engine can do, with what earlier visits and runs have measured of it; measures nothing itself. */
export async function measuredSoFar(opened: Engine, store: TuningStore): Promise<Capabilities> {
  if (!isDevice(opened)) return opened.caps
  const { choices, peaks } = readTable(await forgiving(store).load(await adapterKey(opened)))
  return { ...opened.caps, choices, ...(peaks && { peaks }) }
}

/** A store that fails is an empty one: measuring again costs seconds, not the run. */
function forgiving(store: TuningStore): TuningStore {
  return {
    load: async (key) => {
      try {
        return await store.load(key)
      } catch {
        return null
      }
    },
    save: async (key, table) => {
      try {
        await store.save(key, table)
      } catch (error) {
        console.warn('Tuning could not be kept; the next visit measures again.', error)
      }
    },
  }
}
