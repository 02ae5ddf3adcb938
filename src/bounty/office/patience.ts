// How soon what failed is tried again: after 5 s, then twice as long each time, up to five minutes.

const FIRST_SECONDS = 5
const LONGEST_SECONDS = 300

export class Patience {
  private readonly now: () => number
  private readonly waits = new Map<string, { until: number; seconds: number; said: string }>()

  /** @param now unix seconds */
  constructor(now: () => number) {
    this.now = now
  }

  mayTry(key: string): boolean {
    return (this.waits.get(key)?.until ?? 0) <= this.now()
  }

  /** @returns whether this is news: the same failure is told once */
  failed(key: string, said: string): boolean {
    const before = this.waits.get(key)
    const seconds = before ? Math.min(LONGEST_SECONDS, 2 * before.seconds) : FIRST_SECONDS
    this.waits.set(key, { until: this.now() + seconds, seconds, said })
    return before?.said !== said
  }

  done(key: string): void {
    this.waits.delete(key)
  }

  /** Everything may be tried at once; what was told stays told. */
  forget(): void {
    for (const wait of this.waits.values()) Object.assign(wait, { until: 0, seconds: FIRST_SECONDS / 2 })
  }
}
