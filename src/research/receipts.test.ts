// Every row that is over has its receipt, in the ledger, in git and as a file, whatever was cut off and when.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import { openFileIdentity } from '../history/identityFile'
import { openFileLedger } from '../history/ledgerFile'
import { isReceiptable, readReceipt } from '../history/receipt'
import { rebuildLedger } from '../history/recover'
import { scriptedLab } from './testing'
import type { Stores } from './testingLab'
import { makeLoop, newFolder, notices, openStores, removeFolders } from './testingLab'

afterEach(removeFolders)

async function run(stores: Stores, sign = true) {
  const identity = sign ? () => openFileIdentity(join(stores.dir, '.assay', 'identity.pem')) : undefined
  const made = makeLoop(stores, { identity })
  made.loop.start()
  await made.loop.settled()
  return made
}

/** What must hold of the receipts of a lab at rest; returns them by row. */
async function checkReceipts({ dir, ledger, repo }: Stores) {
  const rows = await ledger.listExperiments('lab-1')
  const kept = await ledger.listReceipts('lab-1')
  const inGit = await repo.receipts()
  expect(inGit.map(({ number, issue }) => `${number}/${issue}`)).toEqual(kept.map(({ number, issue }) => `${number}/${issue}`))
  const fingerprints = new Map<string, number>()
  const latest = rows.map((row) => {
    expect(isReceiptable(row)).toBe(true)
    const own = kept.filter(({ number }) => number === row.number)
    expect(own.map(({ issue }) => issue)).toEqual(own.map((_, i) => i))
    own.forEach(({ receipt }, i) => expect(receipt.issued.supersedes).toBe(own[i - 1]?.fingerprint ?? null))
    for (const { fingerprint } of own) fingerprints.set(fingerprint, row.number)
    return own.at(-1)!
  })
  for (const [i, { receipt, fingerprint }] of latest.entries()) {
    const row = rows[i]
    const file = await readReceipt(readFileSync(join(dir, 'receipts', `${i}.json`), 'utf8'))
    expect(file.fingerprint).toBe(fingerprint)
    expect(file.attached).toEqual({ 'train.js': (await repo.read(row.commit))['train.js'], 'task.json': (await repo.read(row.commit))['task.json'] })
    expect(receipt).toMatchObject({ commit: row.commit, experiment: { number: i, status: row.status }, program: { trainJs: row.programHash } })
    expect(receipt.runs.map(({ seed, score }) => [seed, score?.valBpb.decimal ?? null])).toEqual(
      row.runs!.map(({ seed, score }) => [seed, score?.valBpb ?? null]),
    )
    for (const parent of receipt.parents) expect(fingerprints.get(parent.receipt!)).toBe(row.parentNumber)
  }
  return latest
}

describe('receipts of a lab', () => {
  test('are signed as rows end, and anew when runs are added to one', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 4 }))
    await run(stores)
    const [baseline, ...rest] = await checkReceipts(stores)
    expect(baseline.receipt.runs.length).toBeGreaterThan(1)
    expect(baseline.issue).toBeGreaterThan(0)
    expect(rest).toHaveLength(4)
    expect(rest.every(({ receipt }) => receipt.issued.after === 'run')).toBe(true)
    const git = (...args: string[]) => execFileSync('git', args, { cwd: stores.dir, encoding: 'utf8' })
    expect(git('status', '--porcelain')).toBe('')
    git('fsck', '--full', '--strict')
    expect(Object.keys(await stores.repo.files()).filter((path) => path.startsWith('receipts/'))).toHaveLength(5)
  })

  test('are made later where nobody could sign, and say so; the person is told once', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    const cannot = async () => {
      throw new LabError('receipt.unsupported', 'No Ed25519 here.', { hint: 'Update.' })
    }
    const unsigned = makeLoop(stores, { identity: cannot })
    unsigned.loop.start()
    await unsigned.loop.settled()
    expect(unsigned.loop.phase).toBe('idle')
    expect(notices(unsigned.events).filter(({ message }) => message.includes('Ed25519'))).toHaveLength(1)
    expect(await stores.ledger.listReceipts('lab-1')).toEqual([])
    await run(stores)
    for (const { receipt } of await checkReceipts(stores)) expect(receipt.issued.after).toBe('recovery')
  })

  test('come back from git with the rows', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    await run(stores)
    const before = await stores.ledger.listReceipts('lab-1')
    const ledger = await openFileLedger(join(await newFolder(), 'ledger'))
    await rebuildLedger(stores.repo, ledger)
    expect(await ledger.listReceipts('lab-1')).toEqual(before)
  })

  test('are all there after a kill at any durable point', async () => {
    let points = 0
    for (let limit = 3; ; limit += 2) {
      const keepRule = { kind: 'measured', repeats: 2, floorBpb: 0.03 } as const
      const lab = scriptedLab({ maxExperiments: 1, task: { ...scriptedLab().task, keepRule } })
      const first = await openStores(await newFolder(), lab)
      const state = { calls: 0, dead: false }
      await run({ ...first, ledger: mortal(first.ledger, state, limit), repo: mortal(first.repo, state, limit) })
      if (!state.dead) break
      points++
      const again = await openStores(first.dir, lab)
      await run(again)
      await checkReceipts(again)
      expect(readdirSync(join(first.dir, 'receipts')).length).toBeGreaterThan(1)
    }
    expect(points).toBeGreaterThan(8)
  })
})

/** The same store, dead for ever after `limit` changes have been made to it and its like. */
function mortal<T extends object>(target: T, state: { calls: number; dead: boolean }, limit: number): T {
  return new Proxy(target, {
    get(object, name) {
      const method = Reflect.get(object, name) as (...args: unknown[]) => Promise<unknown>
      if (typeof method !== 'function') return method
      return async (...args: unknown[]) => {
        if (state.dead) throw new Error('killed')
        const result = await method.apply(object, args)
        if (/^(save|commit|tag|reset|write)/.test(String(name)) && ++state.calls === limit) {
          state.dead = true
          throw new Error('killed')
        }
        return result
      }
    },
  })
}
