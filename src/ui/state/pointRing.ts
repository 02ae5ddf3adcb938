// The live curve: fixed typed arrays that are filled in place and thinned in place, so that a run of
// any length costs the same memory and no array is ever copied per step.

import type { CurvePoint } from '../../judge/types'

/**
 * How much of the running average the `index`-th point keeps: nothing at first, so that a short run on a slow adapter
 * is not drawn too high, and 0.9 from the 90th point on.
 */
export function smoothing(index: number): number {
  return Math.min(0.9, index / 100)
}

export class PointRing {
  readonly step: Float64Array
  readonly loss: Float64Array
  readonly smooth: Float64Array
  length = 0
  /** rises with every change; what React compares */
  version = 0
  lastLoss = Number.NaN
  lastStep = 0
  private stride = 1
  private pending = 0
  private pendingLoss = 0
  private average = 0
  private seen = 0

  /** @param capacity points kept at most; past it neighbours are averaged in pairs */
  constructor(capacity = 4096) {
    this.step = new Float64Array(capacity)
    this.loss = new Float64Array(capacity)
    this.smooth = new Float64Array(capacity)
  }

  clear() {
    this.length = this.pending = this.pendingLoss = this.average = this.seen = this.lastStep = 0
    this.stride = 1
    this.lastLoss = Number.NaN
    this.version++
  }

  /** Adds a batch in order. Non-finite losses are left out: the run's outcome reports them. */
  push(points: readonly CurvePoint[]) {
    for (const point of points) {
      if (Number.isFinite(point.loss)) this.add(point.step, point.loss)
    }
    this.version++
  }

  private add(step: number, loss: number) {
    this.lastLoss = loss
    this.lastStep = step
    const keep = smoothing(this.seen++)
    this.average = keep * this.average + (1 - keep) * loss
    this.pendingLoss += loss
    this.pending++
    if (this.pending < this.stride) return
    const at = this.length++
    this.step[at] = step
    this.loss[at] = this.pendingLoss / this.pending
    this.smooth[at] = this.average
    this.pending = this.pendingLoss = 0
    if (this.length === this.step.length) this.thin()
  }

  private thin() {
    const half = this.length >> 1
    for (let i = 0; i < half; i++) {
      this.step[i] = this.step[2 * i + 1]
      this.loss[i] = (this.loss[2 * i] + this.loss[2 * i + 1]) / 2
      this.smooth[i] = this.smooth[2 * i + 1]
    }
    this.length = half
    this.stride *= 2
  }
}
