// The near side of a replica's thread.

import { threadLost } from './crew'
import { LOOK_MS, type Patience } from './patience'
import type { FromThread, Place, Port, ToThread } from './thread'

/** A thread that was started, by whatever means the host has. */
export interface Thread extends Port<ToThread, FromThread> {
  onDeath(listener: (reason: string) => void): void
  end(): void
}

interface Waiting {
  resolve: (values: ArrayBuffer[]) => void
  reject: (error: Error) => void
}

/** Calls to a replica, which does what it is told in order. */
export class Remote {
  private readonly thread: Thread
  private readonly waiting = new Map<number, Waiting>()
  private readonly patience: Patience
  private readonly onSilence: (reason: string) => void
  private nextTicket = 0
  /** since it last answered; several that were missed while this thread computed count once */
  private looks = 0
  private watch: ReturnType<typeof setInterval> | undefined

  /** @param onSilence told when it does not answer for longer than others take, by which `patience` goes */
  constructor(thread: Thread, patience: Patience, onSilence: (reason: string) => void) {
    this.thread = thread
    this.patience = patience
    this.onSilence = onSilence
    thread.onMessage((message) => {
      if (message.kind !== 'done') return
      this.looks = 0
      this.waiting.get(message.ticket)?.resolve(message.values)
      this.waiting.delete(message.ticket)
    })
  }

  /** Rejects whatever is still waited for. */
  lose(reason: string): void {
    for (const { reject } of this.waiting.values()) reject(threadLost(reason))
    this.waiting.clear()
  }

  tell(message: Exclude<ToThread, { kind: 'run' }>): void {
    this.thread.post(message, message.kind === 'write' ? [message.data] : [])
  }

  /** Runs commands [from, to) of a program after a write; the pieces named in `read` as they are then. */
  run(id: number, from: number, to: number, write: { at: number; data: ArrayBuffer } | null, read: Place[]): Promise<ArrayBuffer[]> {
    const ticket = this.nextTicket++
    const answer = new Promise<ArrayBuffer[]>((resolve, reject) => this.waiting.set(ticket, { resolve, reject }))
    this.watch ??= setInterval(() => this.look(), LOOK_MS)
    this.thread.post({ kind: 'run', ticket, id, from, to, write, read }, write ? [write.data] : [])
    return answer
  }

  private look(): void {
    if (this.waiting.size === 0) {
      clearInterval(this.watch)
      this.watch = undefined
      this.looks = 0
    } else if (++this.looks > this.patience.looks()) this.onSilence(`a thread was silent for ${Math.round((this.looks * LOOK_MS) / 1000)} s`)
  }
}
