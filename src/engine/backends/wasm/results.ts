// Results of steps in order, those of this thread at once and those of replicas when they answer.

import type { ResultRing } from '../backend'

/** The thread that trains looks at its messages this often; a step between is not interrupted. */
const LISTEN_MS = 40

/** Lets whatever waits for this thread have its turn, now and then. */
export class Listening {
  private lastMs = performance.now()

  async turn(): Promise<void> {
    if (performance.now() - this.lastMs < LISTEN_MS) return
    // browsers make repeated timers wait 4 ms; a message does not wait
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(null)
    })
    this.lastMs = performance.now()
  }
}

interface Entry {
  value: Float32Array | null
  pending: Promise<unknown> | null
}

export class Results implements ResultRing {
  private readonly entries: Entry[] = []
  private readonly listening: Listening
  private readonly most: number

  /** @param most results that may be in flight */
  constructor(listening: Listening, most: number) {
    this.listening = listening
    this.most = most
  }

  add(result: Float32Array | Promise<Float32Array>): void {
    if (result instanceof Float32Array) {
      this.entries.push({ value: result, pending: null })
      return
    }
    const entry: Entry = { value: null, pending: null }
    entry.pending = result.then((value) => (entry.value = value))
    // whoever asks for the results is told
    entry.pending.catch(() => undefined)
    this.entries.push(entry)
  }

  async room(): Promise<Float32Array> {
    await this.listening.turn()
    return this.take(this.most - 1)
  }

  drain(): Promise<Float32Array> {
    return this.take(0)
  }

  destroy(): void {
    this.entries.length = 0
  }

  /** What has arrived at the front, after waiting until at most `inFlight` have not. */
  private async take(inFlight: number): Promise<Float32Array> {
    const parts: Float32Array[] = []
    for (let entry = this.entries[0]; entry; entry = this.entries[0]) {
      if (!entry.value) {
        if (this.entries.filter(({ value }) => !value).length <= inFlight) break
        await entry.pending
      }
      parts.push(entry.value!)
      this.entries.shift()
    }
    const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0))
    let end = 0
    for (const part of parts) {
      all.set(part, end)
      end += part.length
    }
    return all
  }
}
