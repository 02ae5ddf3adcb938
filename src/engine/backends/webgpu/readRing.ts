// Reads results without stalling the queue: each is copied to the next place of one of a few staging buffers, and
// a buffer is read when it comes round again. So several steps are in flight and no more, and the host is bothered
// 10 to 30 times a second however fast the steps are.

import type { ResultRing } from '../backend'

/** Staging buffers: enough in flight to hide the host, few enough that a pause or a stop is felt at once. */
const SLOTS = 3
/** Results that would be read more often than this are read several together. */
const LEAST_READ_MS = 30
/**
 * A read that takes up to this long may be waiting for the browser rather than for the device (some look every
 * 100 ms): then more results in flight bring more results a second, and otherwise they do not.
 */
const SLOW_ANSWER_MS = 150
/** That many times the rate is worth reading twice as many together. */
const WORTH = 1.2
/** Results read together at most, and how many bytes of them. */
const MOST_PLACES = 64
const MOST_BYTES = 64 * 1024

/**
 * Node's binding of Dawn waits by polling: a pending map keeps a whole core busy, which on a software adapter is a core
 * that does not compute. There the map is asked for only when the results are about due; work behind them keeps the
 * device busy meanwhile.
 */
const HOST_POLLS = typeof process !== 'undefined' && process.versions?.node !== undefined

const NOTHING = new Float32Array(0)

interface Slot {
  buffer: GPUBuffer
  filled: number
  inFlight: boolean
  map: Promise<undefined> | null
}

/** Results that one staging buffer holds. */
function placesFor(bytes: number): number {
  return Math.max(1, Math.min(MOST_PLACES, Math.floor(MOST_BYTES / bytes)))
}

/** Bytes that a ring for results of `bytes` allocates. */
export function stagingBytes(bytes: number): number {
  return SLOTS * bytes * placesFor(bytes)
}

/** Results of equal size in the order they were submitted; each arrives once it has been computed. */
export class ReadRing implements ResultRing {
  private readonly slots: Slot[]
  private readonly bytes: number
  private readonly places: number
  private readonly polls: boolean
  private at = 0
  /** results that the slot being filled waits for */
  private wanted = 1
  /** when the last results arrived, or the first was submitted after a rest; milliseconds */
  private lastMs = 0
  /** how far apart results arrive at best; 0 before that is known */
  private intervalMs = 0
  /** what has been read since `beganMs`, and the rate before that; see adapt */
  private readonly window = { reads: 0, results: 0, beganMs: 0, lastRate: 0, growing: true }

  /**
   * @param bytes of one result, a multiple of 4
   * @param polls whether waiting costs a core
   */
  constructor(device: GPUDevice, label: string, bytes: number, polls = HOST_POLLS) {
    this.bytes = bytes
    this.polls = polls
    this.places = placesFor(bytes)
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    this.slots = Array.from({ length: SLOTS }, (_, i) => ({
      buffer: device.createBuffer({ label: `${label}/${i}`, size: bytes * this.places, usage }),
      filled: 0,
      inFlight: false,
      map: null,
    }))
  }

  /** Waits for the oldest results if every slot is taken, and returns them; an empty array when there is room. */
  async room(): Promise<Float32Array> {
    const slot = this.slots[this.at]
    return slot.inFlight ? this.take(slot) : NOTHING
  }

  /** Where the next result is to be copied by the commands that compute it; call `submitted` right after them. */
  place(): { buffer: GPUBuffer; offset: number } {
    const { buffer, filled } = this.slots[this.at]
    return { buffer, offset: filled * this.bytes }
  }

  submitted(): void {
    const slot = this.slots[this.at]
    if (slot.filled === 0 && this.slots.every((s) => !s.inFlight)) {
      this.lastMs = performance.now()
      this.beginWindow(this.lastMs)
    }
    slot.filled++
    if (slot.filled >= this.wanted) this.close(slot)
  }

  /** Waits for all that was submitted: the results not yet returned, oldest first. */
  async drain(): Promise<Float32Array> {
    const open = this.slots[this.at]
    if (open.filled > 0 && !open.inFlight) this.close(open)
    const parts: Float32Array[] = []
    for (let i = 0; i < SLOTS; i++) {
      parts.push(await this.room())
      this.at = (this.at + 1) % SLOTS
    }
    const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0))
    let end = 0
    for (const part of parts) {
      all.set(part, end)
      end += part.length
    }
    return all
  }

  destroy(): void {
    for (const { buffer } of this.slots) buffer.destroy()
  }

  private close(slot: Slot): void {
    slot.inFlight = true
    if (!this.polls) {
      slot.map = slot.buffer.mapAsync(GPUMapMode.READ, 0, slot.filled * this.bytes)
      // a lost device rejects every pending map; whoever awaits `room` or `drain` is told
      slot.map.catch(() => undefined)
    }
    this.at = (this.at + 1) % SLOTS
  }

  private async take(slot: Slot): Promise<Float32Array> {
    const { buffer, filled } = slot
    if (this.polls) await this.sleepUntilDue(filled)
    await (slot.map ?? buffer.mapAsync(GPUMapMode.READ, 0, filled * this.bytes))
    const values = new Float32Array(buffer.getMappedRange(0, filled * this.bytes).slice(0))
    buffer.unmap()
    Object.assign(slot, { filled: 0, inFlight: false, map: null })
    const now = performance.now()
    const interval = (now - this.lastMs) / filled
    // sleeping makes an estimate true that is too long: it falls at once and rises slowly
    this.intervalMs = this.intervalMs === 0 ? interval : Math.min(interval, 1.1 * this.intervalMs)
    this.lastMs = now
    this.adapt(now, filled)
    return values
  }

  /** Doubles or halves how many results are read together, by the time and the rate of the last few reads. */
  private adapt(now: number, filled: number): void {
    const { window } = this
    window.reads++
    window.results += filled
    if (window.reads < SLOTS) return
    // what was in flight when the number changed does not count
    if (window.beganMs === 0) return this.beginWindow(now)
    const elapsed = Math.max(1e-3, now - window.beganMs)
    const [readMs, rate] = [elapsed / SLOTS, window.results / elapsed]
    const gained = rate > WORTH * window.lastRate
    const before = this.wanted
    if (readMs < LEAST_READ_MS || (window.growing && gained && readMs < SLOW_ANSWER_MS)) {
      this.wanted = Math.min(this.places, 2 * this.wanted)
      window.growing = true
    } else {
      const tooMany = readMs > 2 * SLOW_ANSWER_MS || (window.growing && !gained && readMs > 2 * LEAST_READ_MS)
      if (tooMany) this.wanted = Math.max(1, this.wanted >> 1)
      window.growing = false
    }
    window.lastRate = rate
    this.beginWindow(this.wanted === before ? now : 0)
  }

  /** @param now 0 to leave out the next reads */
  private beginWindow(now: number): void {
    Object.assign(this.window, { reads: 0, results: 0, beganMs: now })
  }

  private async sleepUntilDue(count: number): Promise<void> {
    const left = this.lastMs + 0.85 * count * this.intervalMs - performance.now()
    if (left > 2) await new Promise((resolve) => setTimeout(resolve, left))
  }
}
