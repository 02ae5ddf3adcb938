// How long another thread is waited for before it is taken for dead. A thread that computes hears of no event, and a
// browser that ends a worker for its memory sends none, so silence has to be enough.

/** Whoever waits looks this often. Looks are counted, not time: while a computer sleeps nobody is late. */
export const LOOK_MS = 250

const LEAST_MS = 5_000
const MOST_MS = 60_000
/** Parts of equal work take different times on a busy machine, but not this many times as long. */
const TIMES = 20

/** Remembers the longest piece of work, by which the others' are judged. */
export class Patience {
  private longestMs = 0

  took(ms: number): void {
    this.longestMs = Math.max(this.longestMs, ms)
  }

  /** Looks that others may take. @param ms what has been spent so far on work of which they have an equal part */
  looks(ms = 0): number {
    return Math.min(MOST_MS, Math.max(LEAST_MS, TIMES * Math.max(this.longestMs, ms))) / LOOK_MS
  }
}
