import 'fake-indexeddb/auto'
import { expect, it } from 'vitest'
import { openTuningStore } from './tuningDexie'

it('keeps a table for each adapter between visits', async () => {
  const table = { choices: { 'matmul NT': 'a' }, gflops: { 'matmul NT': 7 }, peaks: { gflops: 8, gbps: 2 } }
  await openTuningStore('tuning-test').save('one', table)
  const later = openTuningStore('tuning-test')
  expect(await later.load('one')).toEqual(table)
  expect(await later.load('another')).toBeUndefined()
})
