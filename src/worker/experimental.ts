// What the page's address asks for beyond the settled: ?experimental=subgroup-matrix, ?threads=2. A worker cannot see
// that address, so whoever starts one says it in the worker's name.

const WISH = 'experimental=subgroup-matrix'
const THREADS = /\bthreads=([1-9]\d?)\b/

/** Whether an address, or a worker's name, asks for matrix units. */
export function isExperimental(heard: string): boolean {
  return heard.includes(WISH)
}

/** How many threads an address, or a worker's name, asks the processor's engine to have; null for what suits. */
export function threadsAsked(heard: string): number | null {
  const asked = THREADS.exec(heard)?.[1]
  return asked === undefined ? null : Number(asked)
}

/** A worker's name that hands on what was heard. */
export function nameOf(worker: string, heard: string): string {
  const wishes = [...(isExperimental(heard) ? [WISH] : []), ...(THREADS.exec(heard)?.slice(0, 1) ?? [])]
  return wishes.length > 0 ? `${worker} (${wishes.join(', ')})` : worker
}
