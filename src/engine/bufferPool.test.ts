import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BufferPool, type BufferRange } from './bufferPool'

it('lends a released buffer again, the tightest that fits', () => {
  const pool = new BufferPool()
  const [big, small] = [pool.acquire('a', 1000), pool.acquire('b', 100)]
  pool.release(big)
  pool.release(small)
  expect(pool.acquire('c', 90).buffer).toBe(small.buffer)
  expect(pool.acquire('d', 500).buffer).toBe(big.buffer)
})

it('makes the largest free buffer larger before it adds one', () => {
  const pool = new BufferPool()
  const first = pool.acquire('a', 64)
  pool.release(first)
  expect(pool.acquire('b', 640).buffer).toBe(first.buffer)
  expect(pool.totalBytes).toBe(640)
})

it('never lends a buffer twice, and every buffer holds what it was lent for', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 5000 }), release: fc.nat(5) }), { maxLength: 60 }), (steps) => {
      const pool = new BufferPool()
      const lent: BufferRange[] = []
      for (const { bytes, release } of steps) {
        const range = pool.acquire('t', bytes)
        expect(lent.map((r) => r.buffer)).not.toContain(range.buffer)
        lent.push(range)
        for (const r of lent) expect(pool.buffers[r.buffer].bytes).toBeGreaterThanOrEqual(r.bytes)
        if (release < lent.length) pool.release(lent.splice(release, 1)[0])
      }
    }),
  )
})
