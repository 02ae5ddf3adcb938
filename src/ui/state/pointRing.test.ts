import { describe, expect, it } from 'vitest'
import { PointRing } from './pointRing'

const point = (step: number, loss: number) => ({ step, tokens: step * 10, trainMs: step, loss })

describe('PointRing', () => {
  it('keeps a long run within its capacity, in order, from first to last step', () => {
    const ring = new PointRing(64)
    for (let step = 1; step <= 1000; step++) ring.push([point(step, 5 - step / 1000)])
    expect(ring.length).toBeLessThanOrEqual(64)
    expect(ring.length).toBeGreaterThan(16)
    const steps = [...ring.step.subarray(0, ring.length)]
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(steps.at(-1)).toBeGreaterThan(950)
    expect(ring.lastStep).toBe(1000)
  })

  it('averages neighbours when it thins, so that the mean loss stays', () => {
    const ring = new PointRing(8)
    for (let step = 0; step < 16; step++) ring.push([point(step, step % 2 === 0 ? 1 : 3)])
    for (const loss of ring.loss.subarray(0, ring.length)) expect(loss).toBeCloseTo(2)
  })

  it('smooths without a bias at the start, and steadily later', () => {
    const ring = new PointRing(512)
    for (let step = 0; step < 200; step++) ring.push([point(step, step === 0 ? 9 : 4 + 0.1 * (step % 2))])
    expect(ring.smooth[0]).toBe(9)
    expect(ring.smooth[5]).toBeCloseTo(4.1, 1)
    expect(Math.abs(ring.smooth[199] - ring.smooth[198])).toBeLessThan(0.02)
  })

  it('leaves out losses that are not finite', () => {
    const ring = new PointRing(8)
    ring.push([point(1, Number.NaN), point(2, 2), point(3, Number.POSITIVE_INFINITY)])
    expect(ring.length).toBe(1)
    expect(ring.lastLoss).toBe(2)
  })
})
