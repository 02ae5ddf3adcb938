// Asking the browser not to evict the lab, and saying plainly what it answered.

/** What the browser promises about this origin's storage. */
export interface Persistence {
  /** true: kept until the person deletes it. false: may be evicted when space runs low. null: the browser does not say */
  persisted: boolean | null
  usageBytes: number | null
  quotaBytes: number | null
  /** one sentence for the person */
  message: string
}

/**
 * Asks for persistent storage and measures what there is; never fails.
 * @param storage the browser's storage manager; absent in insecure contexts
 */
export async function askToPersist(
  storage: StorageManager | undefined = globalThis.navigator?.storage,
): Promise<Persistence> {
  const persisted = await answered(async () => (await storage?.persisted?.()) || (await storage?.persist?.()))
  const estimate = await answered(async () => storage?.estimate?.())
  const usageBytes = estimate?.usage ?? null
  const quotaBytes = estimate?.quota ?? null
  return { persisted, usageBytes, quotaBytes, message: describe(persisted) + describeRoom(usageBytes, quotaBytes) }
}

/** A browser that refuses to answer (private windows do) counts as one that does not say. */
async function answered<T>(ask: () => Promise<T | undefined>): Promise<T | null> {
  try {
    return (await ask()) ?? null
  } catch (error) {
    console.warn('storage manager:', error)
    return null
  }
}

function describe(persisted: boolean | null): string {
  if (persisted === true) return 'This browser keeps the lab until you delete it.'
  if (persisted === false) return 'This browser may delete the lab when space runs low: export it now and then.'
  return 'This browser does not say whether it keeps the lab: export it now and then.'
}

function describeRoom(usageBytes: number | null, quotaBytes: number | null): string {
  if (usageBytes === null || quotaBytes === null) return ''
  const megabytes = (bytes: number) => Math.round(bytes / 1e6).toLocaleString('en')
  return ` ${megabytes(usageBytes)} MB used of ${megabytes(quotaBytes)} MB.`
}
