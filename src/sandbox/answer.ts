// What leaves the box: one text a job, a kind and what belongs to it.

/**
 * `ready` once, then one a job: `described` with the program's JSON text; `thrown` with the prelude's JSON account of
 * an error; `late`, `full` (no memory left even to explain), `waiting` (top-level await), `broken` (a host exception).
 */
export const KINDS = ['ready', 'described', 'thrown', 'late', 'full', 'waiting', 'broken'] as const

export interface BoxAnswer {
  kind: (typeof KINDS)[number]
  text: string
}

/** An answer as the text that is posted. */
export function writeAnswer({ kind, text }: BoxAnswer): string {
  return `${kind}\n${text}`
}
