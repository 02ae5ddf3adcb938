// The whole lab as one file that any git reads.

import { zipSync } from 'fflate'
import { LabError } from '../core/errors'
import type { Repository } from './types'
import type { Zippable } from 'fflate'

/**
 * Packs the repository, its work tree and results.tsv into a zip with one top folder.
 * Unzipped, it is an ordinary checkout: fsck clean, status clean, ready to clone.
 * @param folder name of the top folder
 */
export async function exportZip(repo: Repository, folder = 'assay-lab'): Promise<Uint8Array> {
  if (!/^[\w-][\w.-]*$/.test(folder)) {
    throw new LabError('import.invalid', `"${folder}" cannot be a folder's name.`, {
      hint: 'Use letters, digits, dots and dashes.',
    })
  }
  const entries: Zippable = {}
  for (const [path, bytes] of Object.entries(await repo.files())) {
    // git's objects are deflated already
    const level = path.startsWith('.git/objects/') ? 0 : 6
    // os 3 is Unix: plain files, readable by all, writable by the owner
    entries[`${folder}/${path}`] = [bytes, { level, os: 3, attrs: (0o100644 << 16) >>> 0 }]
  }
  return zipSync(entries)
}
