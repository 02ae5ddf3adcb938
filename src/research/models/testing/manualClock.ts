// Time that passes when a test says so.

import type { Clock } from '../clock'

export interface ManualClock extends Clock {
  /** every wait asked for, in milliseconds; none of them takes any time */
  readonly slept: number[]
  /** Lets time pass: timers that are due go off, in order. */
  pass(ms: number): void
}

export function manualClock(): ManualClock {
  let at = 0
  let timers: { due: number; callback: () => void }[] = []
  const slept: number[] = []
  return {
    slept,
    now: () => at,
    async sleep(ms, signal) {
      signal.throwIfAborted()
      slept.push(ms)
      at += ms
    },
    after(ms, callback) {
      const timer = { due: at + ms, callback }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    pass(ms) {
      at += ms
      const due = timers.filter((timer) => timer.due <= at).sort((a, b) => a.due - b.due)
      timers = timers.filter((timer) => timer.due > at)
      for (const { callback } of due) callback()
    },
  }
}
