// The near side of a replica's thread.

import { threadLost } from './crew'
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
  private nextTicket = 0

  constructor(thread: Thread) {
    this.thread = thread
    thread.onMessage((message) => {
      if (message.kind !== 'done') return
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
    this.thread.post({ kind: 'run', ticket, id, from, to, write, read }, write ? [write.data] : [])
    return answer
  }
}
