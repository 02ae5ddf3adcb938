// Trying again: only what may well go away by itself, a bounded number of times, politely spaced.

import type { Clock } from './clock'
import { Failure } from './exchange'

export interface Patience {
  /** requests after the first */
  retries: number
  /** longest that one wait may be; a server that asks for more is not waited for */
  longestWaitMs: number
}

export const PATIENCE: Patience = { retries: 3, longestWaitMs: 60_000 }

const FIRST_WAIT_MS = 1000

/** Too busy, too soon, or down: 408, 409, 425, 429 and everything from 500. */
function mayPass({ kind, status }: Failure): boolean {
  if (kind === 'network' || kind === 'silence') return true
  return kind === 'status' && status !== null && ([408, 409, 425, 429].includes(status) || status >= 500)
}

/**
 * Runs `attempt` until it succeeds, fails for good, or patience ends. Waits double from one second, each times a random
 * factor from 0.5 to 1.5 so that many labs do not come back together, and are never shorter than what the server asks for.
 * @param random uniform in [0, 1)
 * @param onWait told before each wait
 * @throws whatever the last attempt threw; the signal's reason when it is aborted
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { retries, longestWaitMs }: Patience,
  { clock, random, signal, onWait }: { clock: Clock; random: () => number; signal: AbortSignal; onWait: () => void },
): Promise<T> {
  for (let tried = 0; ; tried++) {
    try {
      return await attempt()
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof Failure) || !mayPass(thrown) || tried >= retries) throw thrown
      const ownMs = FIRST_WAIT_MS * 2 ** tried * (0.5 + random())
      const waitMs = Math.max(ownMs, thrown.retryAfterMs ?? 0)
      if (waitMs > longestWaitMs) throw thrown
      onWait()
      await clock.sleep(waitMs, signal)
    }
  }
}
