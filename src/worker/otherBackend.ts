// What an older record's numbers were measured on: page and command line say so when it is not what trains now.

import type { Experiment } from '../history/types'
import type { AdapterInfo, BackendName } from '../judge/types'

export const MEASURED_ON: Record<BackendName, string> = { webgpu: 'a graphics adapter (WebGPU)', wasm: 'a processor (WebAssembly)' }

/** The backend that a lab's last row was measured on, where what trains now is another; else null. */
export function otherBackend(rows: readonly Experiment[], adapter: AdapterInfo | null): BackendName | null {
  const last = rows.findLast(({ measurements }) => measurements !== null)?.measurements
  if (!last || !adapter) return null
  // records from before there was a choice are all of WebGPU
  const backend = last.backend ?? 'webgpu'
  return backend === adapter.backend ? null : backend
}
