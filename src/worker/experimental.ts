// What the page's address asks for beyond the settled: ?experimental=subgroup-matrix. A worker cannot see that address,
// so whoever starts one says it in the worker's name.

const WISH = 'experimental=subgroup-matrix'

/** Whether an address, or a worker's name, asks for matrix units. */
export function isExperimental(heard: string): boolean {
  return heard.includes(WISH)
}

/** A worker's name that hands on what was heard. */
export function nameOf(worker: string, heard: string): string {
  return isExperimental(heard) ? `${worker} (${WISH})` : worker
}
