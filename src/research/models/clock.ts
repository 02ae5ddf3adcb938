// Time as the adapter sees it, so that tests of limits and back-off need not wait.

export interface Clock {
  /** milliseconds, from any origin */
  now(): number
  /** Waits; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Calls back after `ms` unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void
}

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const leave = () => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', leave)
        resolve()
      }, ms)
      signal.addEventListener('abort', leave, { once: true })
    })
  },
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
