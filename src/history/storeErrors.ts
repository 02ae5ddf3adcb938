// One place that knows how each kind of storage says "full" or "damaged".

import { LabError } from '../core/errors'

const QUOTA_HINT =
  'Export the lab as a zip, then free space on this device or delete old labs. Everything decided so far is safe.'

/**
 * Turns what git, IndexedDB or the file system threw into a LabError.
 * @returns store.quota when space ran out, store.corrupt when something recorded is missing, lab.internal otherwise
 */
export function storeError(thrown: unknown, doing: string): LabError {
  if (thrown instanceof LabError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (isQuota(thrown)) {
    return new LabError('store.quota', `No space left while ${doing}.`, { hint: QUOTA_HINT, cause: thrown })
  }
  if (fieldOf(thrown, 'code') === 'NotFoundError' || fieldOf(thrown, 'name') === 'NotFoundError') {
    return new LabError('store.corrupt', `Something recorded is missing, found while ${doing}: ${message}`, {
      hint: 'Export what is there, then start a new lab; this one cannot be continued safely.',
      cause: thrown,
    })
  }
  return new LabError('lab.internal', `Storage failed while ${doing}: ${message}`, {
    hint: 'Reload and try again; if it happens again, export the lab and report it.',
    cause: thrown,
  })
}

/** True when the failure means that the disk or the browser's quota is full (Dexie wraps the cause in `inner`). */
export function isQuota(thrown: unknown): boolean {
  const name = fieldOf(thrown, 'name')
  const code = fieldOf(thrown, 'code')
  if (name === 'QuotaExceededError' || code === 'ENOSPC' || code === 'EDQUOT' || code === 'store.quota') return true
  const inner = fieldOf(thrown, 'inner') ?? fieldOf(thrown, 'cause')
  return inner !== undefined && inner !== null && inner !== thrown && isQuota(inner)
}

function fieldOf(thrown: unknown, field: 'name' | 'code' | 'inner' | 'cause'): unknown {
  return typeof thrown === 'object' && thrown !== null ? (thrown as Record<string, unknown>)[field] : undefined
}
