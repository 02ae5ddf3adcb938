// What the page is told: one status and one batch of curve points at a time, at most ten times a second each.

import type { LoopEvent } from '../research/loop'
import type { BountyEvent } from './bountyProtocol'
import { IDLE, type LabEvent, type LabStatus } from './protocol'
import type { CurvePoint } from '../judge/types'

const FLUSH_MS = 100
/** of an answer as it comes: the end of it is enough to see that something is coming */
const REPLY_CHARS = 4000

export interface StatusBoard {
  readonly status: LabStatus
  subscribe(listener: (event: LabEvent | BountyEvent) => unknown): void
  /** Changes the status and tells it soon; with `now`, at once. */
  set(change: Partial<LabStatus>, now?: boolean): void
  /** Turns what the loop says into status and points. */
  hear(event: LoopEvent): void
  /** Passes an event on as it is. */
  tell(event: LabEvent | BountyEvent): void
}

/** A board with nothing on it. */
export function createStatusBoard(): StatusBoard {
  const listeners = new Set<(event: LabEvent | BountyEvent) => unknown>()
  let status: LabStatus = { ...IDLE }
  let curve: { number: number; repeat: number; points: CurvePoint[]; reset: boolean } | null = null
  let timer: ReturnType<typeof setTimeout> | null = null

  function tell(event: LabEvent | BountyEvent): void {
    for (const listener of listeners) {
      // a listener is a page that may have gone; it is told no more
      void Promise.resolve(listener(event)).catch(() => listeners.delete(listener))
    }
  }

  function flush(): void {
    if (timer) clearTimeout(timer)
    timer = null
    if (curve && (curve.points.length > 0 || curve.reset)) {
      tell({ kind: 'points', ...curve })
      curve = { ...curve, points: [], reset: false }
    }
    status = { ...status, seq: status.seq + 1 }
    tell({ kind: 'status', status })
  }

  function set(change: Partial<LabStatus>, now = false): void {
    status = { ...status, ...change }
    if (now) flush()
    else timer ??= setTimeout(flush, FLUSH_MS)
  }

  function hearRun({ number, repeat, event }: Extract<LoopEvent, { kind: 'run' }>): void {
    if (event.kind === 'tuning') {
      const { done, total, hash } = event
      if (hash === null) set({ tuning: { done, total } })
      else set({ tuning: null, adapter: status.adapter && { ...status.adapter, tuning: hash } })
    }
    if (event.kind !== 'progress') return
    if (curve?.number !== number || curve.repeat !== repeat) curve = { number, repeat, points: [], reset: true }
    curve.points.push(...event.points)
    const { progress, stepMs, tokensPerSecond, bytesAllocated } = event
    set({ progress, stepMs, tokensPerSecond, bytesAllocated })
  }

  return {
    get status() {
      return status
    },
    subscribe(listener) {
      listeners.add(listener)
    },
    set,
    tell,
    hear(event) {
      switch (event.kind) {
        case 'phase':
          return set({ phase: event.phase }, true)
        case 'activity': {
          const { activity, number, repeat, repeats } = event
          // a run that is tried again after a lost device draws its curve anew
          if (activity === 'compiling') curve = null
          const isNewRun = number !== status.number || repeat !== status.repeat || activity === 'compiling'
          const isOver = activity === 'committing' || activity === 'idle'
          return set({ activity, number, repeat, repeats, ...(isNewRun ? { progress: 0 } : {}), ...(isOver && { reply: null }) })
        }
        case 'adapter':
          return set({ adapter: event.adapter })
        case 'notice':
          return set({ notice: event.notice, error: event.error?.toJSON() ?? null }, true)
        case 'run':
          return hearRun(event)
        case 'question':
          return set({ asking: event.question }, true)
        case 'text': {
          const { proposer, delta } = event
          const before = status.reply?.proposer === proposer ? status.reply.text : ''
          return set({ reply: { proposer, text: (before + delta).slice(-REPLY_CHARS) } })
        }
        case 'row':
          return undefined // rows reach the page through the database
      }
    },
  }
}
