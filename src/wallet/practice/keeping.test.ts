// What is kept, and what happens where keeping fails or somebody writes nonsense.

import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import { follows, fundingTx, mineBlock, readTx } from './chain'
import { readLdkWasm } from './ldkFile'
import { Miner } from './miner'
import { openPracticeFile } from './storeFile'
import { newSecret, TestNetwork, until } from './testing'
import { createPracticeWallet } from './wallet'

test('the file store keeps all of a change or none of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-practice-'))
  const path = join(folder, 'node')
  const store = await openPracticeFile(path)
  await store.put(new Map([['a', Uint8Array.of(1, 2)], ['empty', new Uint8Array()], ['é', Uint8Array.of(3)]])) // prettier-ignore
  await store.put(new Map([['a', null], ['b', new Uint8Array(70_000).fill(7)]])) // prettier-ignore
  const again = await (await openPracticeFile(path)).load()
  expect([...again]).toEqual([['empty', new Uint8Array()], ['é', Uint8Array.of(3)], ['b', new Uint8Array(70_000).fill(7)]]) // prettier-ignore
  expect(await readdir(folder)).toEqual(['node'])
  await truncate(path, 100)
  await expect(openPracticeFile(path)).rejects.toMatchObject({ code: 'store.corrupt' })
  await rm(folder, { recursive: true })
})

test('a block is taken where it links and was worked for; a coin is spent once', () => {
  const genesis = { hash: new Uint8Array(32).fill(5), height: 0 }
  const miner = new Miner(genesis, new Map())
  const [tx, other] = [fundingTx(1000n, new Uint8Array(34)), fundingTx(1000n, new Uint8Array(34))]
  expect(miner.offer(tx)).toMatch(/^waiting\//)
  expect(miner.offer(tx)).toBeNull()
  expect(miner.offer(tx.subarray(0, 40))).toBeNull()
  const late = other.slice()
  new DataView(late.buffer).setUint32(late.length - 4, 2, true) // not before block 3
  expect(miner.offer(late)).toMatch(/^waiting\//)
  const { block, changes } = miner.mine(1_700_000_000)
  expect(block.txs).toEqual([tx])
  expect(miner.offer(tx)).toBeNull()
  expect(follows(block, genesis)).toBe(true)
  expect(follows(block, miner.tip())).toBe(false)
  expect(follows({ ...block, header: block.header.slice(0, 79) }, genesis)).toBe(false)
  expect(miner.mine(1_700_000_000).block.txs).toEqual([])
  expect(miner.mine(1_700_000_000).block.txs).toEqual([late])
  // no block is too large for a message
  for (let i = 0; i < 150; i++) miner.offer(fundingTx(1000n, new Uint8Array(34)))
  expect([miner.mine(1_700_000_000).block.txs.length, miner.mine(1_700_000_000).block.txs.length, miner.isAsked()]).toEqual([Math.floor(10_000 / tx.length), 150 - Math.floor(10_000 / tx.length), false])
  const stored = new Map([...changes].flatMap(([key, bytes]) => (bytes ? [[key, bytes] as const] : [])))
  expect(new Miner(genesis, stored).since(0)).toEqual([block])
  expect(readTx(tx).spends).toHaveLength(1)
  expect(mineBlock(genesis, [], 1).header).toHaveLength(80)
})

test('what cannot be kept is not sent, and nothing after it', async () => {
  const network = await TestNetwork.start()
  const [payer, payee] = await Promise.all([network.join('payer'), network.join('payee')])
  const { paymentHash } = newSecret()
  const { bolt11 } = await payee.makeHoldInvoice({ paymentHash, amountMsat: 1_000_000, memo: '', expirySeconds: 600, minFinalCltv: 40 })
  await payer.close()
  const kept = network.bytesOf('payer')
  let isFull = false
  const full = await createPracticeWallet({
    name: 'payer', channel: network.open('payer'), host: 'host', wasm: readLdkWasm, now: () => network.clock,
    store: {
      load: async () => new Map(kept),
      async put(changes) {
        if (isFull) throw new LabError('store.quota', 'No space left.')
        for (const [key, bytes] of changes) if (bytes) kept.set(key, bytes)
      },
      close: async () => undefined,
    },
  }) // prettier-ignore
  await full.untilOnline(10_000)
  isFull = true
  await expect(full.pay(bolt11, 0)).rejects.toMatchObject({ code: 'store.quota' })
  await expect(full.pay(bolt11, 0)).rejects.toMatchObject({ code: 'store.quota' })
  await full.close()
  const back = await network.join('payer')
  expect(await back.lookUpOutgoing(paymentHash, bolt11)).toMatchObject({ state: 'failed' })
  await back.pay(bolt11, 0)
  await until(payee, 'incoming', paymentHash, 'locked')

  // nonsense from anybody, at both ends
  const stranger = network.open('stranger')
  for (const to of ['host', 'payer']) {
    for (const text of ['', '{', '{"kind":"data"}', '{"kind":"ack","height":1e9}', '{"kind":"welcome"}', '{"kind":"tx","hex":"00"}', 'x'.repeat(40_000)]) {
      stranger.send(to, new TextEncoder().encode(text))
    }
    stranger.send(to, new TextEncoder().encode(JSON.stringify({ kind: 'data', connection: '0'.repeat(16), seq: 0, hex: '00' })))
  }
  stranger.send('host', new TextEncoder().encode(JSON.stringify({ kind: 'hello', name: 's', nodeId: null, tip: { hash: '0'.repeat(64), height: 7 }, stream: null })))
  await payee.cancel(paymentHash)
  expect(await until(back, 'outgoing', paymentHash, 'failed')).toMatchObject({ state: 'failed' })
  expect(network.host.members().map(({ name }) => name)).toEqual(['payer', 'payee'])
  expect(network.failures).toEqual([])
  await Promise.all([back.close(), payee.close(), network.host.close()])
})
