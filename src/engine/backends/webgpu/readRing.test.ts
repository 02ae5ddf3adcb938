// How many results a ring keeps in flight, on a made-up device and a made-up clock: the ring may not know the device.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { globals } from 'webgpu'
import { ReadRing } from './readRing'

Object.assign(globalThis, globals)

/** A queue that takes `stepMs` a result and answers only every `tickMs`. */
function slowDevice(stepMs: number, tickMs: number, polls: boolean) {
  let doneAt = 0
  let written = 0
  const device = {
    createBuffer: ({ size }: { size: number }) => {
      const data = new Float32Array(size / 4)
      return {
        data,
        mapAsync: () => {
          const answer = Math.ceil(Math.max(doneAt, performance.now()) / tickMs) * tickMs
          return new Promise<void>((resolve) => setTimeout(resolve, answer - performance.now()))
        },
        getMappedRange: (from: number, bytes: number) => data.buffer.slice(from, from + bytes),
        unmap: () => undefined,
        destroy: () => undefined,
      }
    },
  }
  return {
    ring: new ReadRing(device as unknown as GPUDevice, 'test', 4, polls),
    submit(ring: ReadRing) {
      doneAt = Math.max(doneAt, performance.now()) + stepMs
      const { buffer, offset } = ring.place()
      ;(buffer as unknown as { data: Float32Array }).data[offset / 4] = written++
      ring.submitted()
    },
  }
}

/** Submits for `ms` of made-up time; what came back, how often, and the most that was in flight in the second half. */
async function run(stepMs: number, tickMs: number, ms: number, polls: boolean) {
  const { ring, submit } = slowDevice(stepMs, tickMs, polls)
  const results: number[] = []
  const begun = performance.now()
  let [sent, reads, most] = [0, 0, 0]
  while (performance.now() - begun < ms) {
    const values = await ring.room()
    results.push(...values)
    submit(ring)
    sent++
    if (performance.now() - begun < ms / 2) continue
    if (values.length > 0) reads++
    most = Math.max(most, sent - results.length)
  }
  results.push(...(await ring.drain()))
  expect(results).toEqual(Array.from({ length: sent }, (_, i) => i))
  return { perSecond: (1000 * sent) / ms, readsPerSecond: (2000 * reads) / ms, most }
}

async function simulate(stepMs: number, tickMs: number, ms: number, polls = false) {
  const running = run(stepMs, tickMs, ms, polls)
  await vi.advanceTimersByTimeAsync(2 * ms + 2000)
  return running
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('slow steps: three in flight, each read by itself', async () => {
  const { most, perSecond } = await simulate(400, 1, 30_000)
  expect(most).toBe(3)
  expect(perSecond).toBeGreaterThan(2.3)
})

it('fast steps: read together some ten to thirty times a second, with the device always at work', async () => {
  for (const stepMs of [1, 3, 20])
    for (const polls of [false, true]) {
      const name = `${stepMs} ms, ${polls ? 'polling' : 'told'}`
      const { most, readsPerSecond, perSecond } = await simulate(stepMs, 1, 20_000, polls)
      expect(perSecond, name).toBeGreaterThan(0.9 * (1000 / stepMs))
      expect(readsPerSecond, name).toBeLessThan(36)
      expect(most * stepMs, `${name}, in flight`).toBeLessThan(400)
    }
})

it('a browser that looks every 100 ms: more in flight rather than a device at rest', async () => {
  const { perSecond, most } = await simulate(5, 100, 20_000)
  // with three in flight it would be 30 a second
  expect(perSecond).toBeGreaterThan(90)
  expect(most).toBeLessThan(120)
})
