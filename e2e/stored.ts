// What a page keeps in its browser, for tests that something is not in it.

import type { Page } from '@playwright/test'

/** Everything that the page keeps: every database, and both storages, as one text. */
export function stored(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const found: unknown[] = [{ ...localStorage }, { ...sessionStorage }]
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done, failed) => {
        const opening = indexedDB.open(name!)
        opening.onsuccess = () => done(opening.result)
        opening.onerror = () => failed(opening.error)
      })
      for (const store of db.objectStoreNames) {
        const rows = await new Promise<unknown[]>((done, failed) => {
          const reading = db.transaction(store).objectStore(store).getAll()
          reading.onsuccess = () => done(reading.result)
          reading.onerror = () => failed(reading.error)
        })
        found.push(...rows)
      }
      db.close()
    }
    return JSON.stringify(found, (_, value: unknown) => ArrayBuffer.isView(value) && !(value instanceof DataView)
      ? new TextDecoder('latin1').decode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      : value)
  })
}
