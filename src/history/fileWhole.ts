// Files that are either the old or the new content after a crash, never half.

import { promises as fs } from 'node:fs'
import { dirname, join } from 'node:path'

let serial = 0

/** Writes aside, syncs, and renames over `path`; the file survives a kill at any point. */
export async function writeWhole(path: string, data: Uint8Array | string): Promise<void> {
  // the name starts with "tmp_obj_" because git itself ignores, and prunes, such leftovers among its objects
  const aside = join(dirname(path), `tmp_obj_${process.pid}_${serial++}`)
  try {
    const file = await fs.open(aside, 'w', 0o644)
    try {
      await file.writeFile(data)
      await file.datasync()
    } finally {
      await file.close()
    }
    await fs.rename(aside, path)
  } catch (error) {
    await fs.rm(aside, { force: true })
    throw error
  }
}
