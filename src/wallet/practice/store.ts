// Where a practice node keeps its bytes.

/** One owner at a time: two nodes on one store would publish states that the other has revoked. */
export interface PracticeStore {
  /** Everything there is. */
  load(): Promise<Map<string, Uint8Array>>
  /** All of it or none, durable when it resolves; null deletes. @throws LabError store.* */
  put(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void>
  close(): Promise<void>
}

/** A store that a reload forgets: for tests, and for a lesson that should leave nothing. */
export function openMemoryStore(kept = new Map<string, Uint8Array>()): PracticeStore {
  return {
    load: async () => new Map(kept),
    async put(changes) {
      for (const [key, bytes] of changes) {
        if (bytes) kept.set(key, bytes)
        else kept.delete(key)
      }
    },
    close: async () => undefined,
  }
}
