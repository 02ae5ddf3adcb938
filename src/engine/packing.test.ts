import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BufferPool, type BufferRange } from './bufferPool'
import type { Kernel } from './kernel'
import { Lender, type Loan } from './packing'

const NO_LIMIT = { maxBufferBytes: Infinity }
const kernel = (...access: ('read' | 'read_write')[]): Kernel => ({
  name: 'k',
  code: '',
  bindings: access.map((a, i) => ({ name: `b${i}`, access: a })),
  workgroups: [1, 1, 1],
})

it('lends the memory of what is no longer read again', () => {
  const [lender, pool] = [new Lender(), new BufferPool()]
  const first = lender.range(lender.acquire(1024))
  lender.tick()
  const second = lender.range(lender.acquire(1024))
  lender.settle(pool, NO_LIMIT)
  expect(pool.totalBytes).toBe(1024)
  expect(second).toEqual(first)
})

it('cuts a large hole for small tenants, and keeps apart what one kernel reads and writes', () => {
  const [lender, pool] = [new Lender(), new BufferPool()]
  const large = lender.acquire(4096)
  lender.range(large)
  lender.tick()
  const small = [512, 1024, 2048].map((bytes) => lender.acquire(bytes))
  const ranges = small.map((loan) => lender.range(loan))
  lender.bind(kernel('read', 'read_write', 'read_write'), small)
  lender.settle(pool, NO_LIMIT)
  expect(ranges[1].buffer).toBe(ranges[2].buffer)
  expect(ranges[0].buffer).not.toBe(ranges[1].buffer)
  expect(pool.totalBytes).toBe(4096 + 512)
})

it('never lends a byte twice at one time, holds the limits, and stays near the least that is possible', () => {
  const tensor = fc.record({ bytes: fc.integer({ min: 1, max: 5000 }), born: fc.nat(30), lives: fc.nat(12) })
  let [packed, least] = [0, 0]
  fc.assert(
    fc.property(fc.array(tensor, { maxLength: 60 }), (tensors) => {
      const [lender, pool] = [new Lender(), new BufferPool()]
      const lent: { loan: Loan; range: BufferRange }[] = []
      for (let now = 0; now < 50; now++) {
        for (const [i, { born, lives }] of tensors.entries()) if (lent[i] && now <= born + lives) lender.range(lent[i].loan)
        for (const [i, { bytes, born }] of tensors.entries()) {
          if (born !== now) continue
          const loan = lender.acquire(bytes)
          lent[i] = { loan, range: lender.range(loan) }
        }
        lender.tick()
      }
      lender.settle(pool, { maxBufferBytes: 8192 })
      for (const { bytes } of pool.buffers) expect(bytes).toBeLessThanOrEqual(8192)
      for (const [i, a] of lent.entries()) {
        expect(a.range.offset % 256).toBe(0)
        expect(a.range.offset + a.range.bytes).toBeLessThanOrEqual(pool.buffers[a.range.buffer].bytes)
        for (const b of lent.slice(0, i)) {
          const together = a.loan.first <= b.loan.last && b.loan.first <= a.loan.last && a.range.buffer === b.range.buffer
          const overlap = a.range.offset < b.range.offset + b.range.bytes && b.range.offset < a.range.offset + a.range.bytes
          expect(together && overlap).toBe(false)
        }
      }
      packed += pool.totalBytes
      least += lender.peakBytes()
    }),
    { seed: 5 },
  )
  expect(packed).toBeLessThan(1.1 * least)
})
