import { expect, test } from 'vitest'
import type { PaymentRow } from '../../wallet/types'
import { cell, ledgerCsv } from './ledger'

const row = (change: Partial<PaymentRow>): PaymentRow => ({
  key: 'hunter/x/1/bill/first', direction: 'out', wallet: 'practice', isPlayMoney: true, paymentHash: 'ab'.repeat(32), bolt11: 'lnbcrt1', amountMsat: 100_000,
  feeMsat: 1, toWhom: 'cd'.repeat(32), why: 'A bounty', createdAt: 1_700_000_000, updatedAt: 1_700_000_060, state: { state: 'pending' }, preimage: null,
  lockedUntil: null, ...change,
}) // prettier-ignore

test('a line a payment, oldest first, sats to the msat', () => {
  const csv = ledgerCsv([row({ createdAt: 1_700_000_100, key: 'b', amountMsat: 1001 }), row({})])
  const lines = csv.split('\r\n')
  expect(lines).toHaveLength(4)
  expect(lines[1]).toContain('2023-11-14T22:13:20.000Z,2023-11-14T22:14:20.000Z,paid,pending,100,0.001,play money,practice')
  expect(lines[2]).toContain(',1.001,0.001,')
  expect(lines[3]).toBe('')
  expect(ledgerCsv([row({ state: { state: 'failed', reason: '', saidBy: 'person' } })])).toContain(',"failed, as the person said",')
})

test('what strangers wrote is no formula and breaks no line', () => {
  const csv = ledgerCsv([row({ why: '=HYPERLINK("http://x","y"), and\r\nmore' })])
  expect(csv).toContain(`"'=HYPERLINK(""http://x"",""y""), and\r\nmore"`)
  for (const bad of ['=1', '+1', '-1', '@x', '\tx', '\rx']) expect(cell(bad).replace(/^"/, '')).toMatch(/^'/)
  expect(cell('a-b')).toBe('a-b')
})
