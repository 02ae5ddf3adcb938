// Texts kept in git itself: blobs that refs name, so that they need no commit and are never pruned.

import './nodeGlobals'
import * as git from 'isomorphic-git'
import type { RepoFs } from './repoFs'

interface Place {
  fs: RepoFs
  dir: string
}

/** Points each ref at a text, all texts being durable before the first ref names one. */
export async function writeBlobRefs(place: Place, texts: Record<string, string>): Promise<void> {
  const oids: [string, string][] = []
  for (const [ref, text] of Object.entries(texts)) {
    oids.push([ref, await git.writeBlob({ ...place, blob: new TextEncoder().encode(text) })])
  }
  await place.fs.promises.flush?.()
  for (const [ref, value] of oids) await git.writeRef({ ...place, ref, value, force: true })
  await place.fs.promises.flush?.()
}

/** The text that a ref names. */
export async function readBlobRef(place: Place, ref: string): Promise<string> {
  const oid = await git.resolveRef({ ...place, ref })
  return new TextDecoder().decode((await git.readBlob({ ...place, oid })).blob)
}

/** What a ref names, or null where there is none. */
export async function refOrNull(place: Place, ref: string): Promise<string | null> {
  try {
    return await git.resolveRef({ ...place, ref })
  } catch (error) {
    if (error instanceof git.Errors.NotFoundError) return null
    throw error
  }
}
