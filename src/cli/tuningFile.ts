// What was measured of the adapters of this machine: one small JSON file, which may be deleted at any time.

import { promises as fs } from 'node:fs'
import type { TuningStore } from '../engine/tune/table'
import { writeWhole } from '../history/fileWhole'

/** @param path of the file; its folder must exist by the time something is saved */
export function tuningFile(path: string): TuningStore {
  /** An absent or broken file is an empty one. */
  const read = async (): Promise<Record<string, unknown>> => {
    try {
      const found: unknown = JSON.parse(await fs.readFile(path, 'utf8'))
      return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {}
    } catch {
      return {}
    }
  }
  return {
    load: async (key) => (await read())[key],
    save: async (key, table) => writeWhole(path, JSON.stringify({ ...(await read()), [key]: table })),
  }
}
