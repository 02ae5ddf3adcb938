import { expect, test } from 'vitest'
import { later } from './later'

class Counter {
  private count = 0
  async add(by: number): Promise<number> {
    this.count += by
    return this.count
  }
}

test('is made once, with the first call, and handed on as an object like any other', async () => {
  let made = 0
  const counter = later<Pick<Counter, 'add'>>(async () => {
    made++
    return new Counter()
  })
  const handedOn = await Promise.resolve(counter)
  expect(made).toBe(0)
  expect(await Promise.all([handedOn.add(1), counter.add(2), counter.add(3)])).toEqual([1, 3, 6])
  expect(made).toBe(1)
})

test('is tried again after it could not be made', async () => {
  let tries = 0
  const counter = later<Pick<Counter, 'add'>>(async () => {
    if (++tries === 1) throw new Error('not there')
    return new Counter()
  })
  await expect(counter.add(1)).rejects.toThrow('not there')
  expect(await counter.add(1)).toBe(1)
})
