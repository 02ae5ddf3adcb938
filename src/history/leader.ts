// One tab leads, the others watch: two tabs training on one GPU would spoil each other's clocks,
// and two writers would spoil the record. The browser frees the lock when a tab closes or crashes.

/** A claim on the lead; `release` gives it up, or stops waiting for it. */
export interface Leadership {
  readonly leading: boolean
  release(): void
}

/**
 * Claims the lead for this tab, and waits for it when another tab has it.
 * @param name the lock: one per origin and purpose
 * @param onChange told true on taking the lead, false when the first answer is to watch
 * @param locks the browser's lock manager; where there is none, this tab leads
 */
export function claimLead(
  name: string,
  onChange: (leading: boolean) => void,
  locks: LockManager | undefined = globalThis.navigator?.locks,
): Leadership {
  if (!locks) {
    onChange(true)
    return { leading: true, release: () => undefined }
  }

  const waiting = new AbortController()
  let leading = false
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const lead = (): Promise<void> => {
    if (waiting.signal.aborted) return Promise.resolve()
    leading = true
    onChange(true)
    return held
  }

  const claim = async () => {
    const taken = await locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock) await lead()
      return lock !== null
    })
    if (taken || waiting.signal.aborted) return
    onChange(false)
    await locks.request(name, { signal: waiting.signal }, lead)
  }
  claim().catch((error: unknown) => {
    if ((error as Error).name !== 'AbortError') throw error // given up while waiting: nothing to tell
  })

  return {
    get leading() {
      return leading
    },
    release() {
      leading = false
      waiting.abort()
      letGo()
    },
  }
}
