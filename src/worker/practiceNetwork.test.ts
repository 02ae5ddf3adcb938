// The practice network of a browser, where its bytes cannot be kept.

import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import type { LabError } from '../core/errors'
import { readLdkWasm } from '../wallet/practice/ldkFile'
import type { WalletOwner } from './bountyWallets'
import { newNetwork, openPractice } from './practiceNetwork'

vi.mock('../wallet/practice/ldkAsset', () => ({ fetchLdkWasm: readLdkWasm }))
vi.stubGlobal('navigator', {}) // no locks: one tab

test('a hub that stops is told to the person who made the network, with what to do', { timeout: 60_000 }, async () => {
  const failures: LabError[] = []
  const owner = { persona: 'me', relays: () => [], fail: (failure: LabError) => void failures.push(failure) } as unknown as WalletOwner
  const code = await newNetwork(owner)
  const { wallet, mine } = await openPractice(owner, code, 'host')
  await expect.poll(() => wallet.info().then(({ balanceMsat }) => balanceMsat, () => null), { timeout: 30_000 }).toBe(1_000_000_000)
  expect(failures).toEqual([])
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  void mine!(1).catch(() => undefined) // its host is gone: it is never answered
  await expect.poll(() => failures.map(({ code: name, message }) => ({ name, message })), { timeout: 30_000 }).toContainEqual({
    name: 'store.quota', message: expect.stringMatching(/^The practice network has stopped\. /),
  }) // prettier-ignore
  expect(failures.every(({ hint }) => hint !== '')).toBe(true)
})
