import { afterEach, describe, expect, test } from 'vitest'
import { wasInterrupted } from './labBook'
import { scriptedLab } from './testing'
import type { Stores } from './testingLab'
import { checkRecord, makeLoop, newFolder, openStores, removeFolders } from './testingLab'

afterEach(removeFolders)

describe('a kill at every durable point', () => {
  const MUTATING = {
    ledger: ['saveLab', 'saveExperiment', 'commitDecision', 'saveCurve', 'saveWeights'],
    repo: ['commit', 'tagAttempt', 'reset', 'saveRow', 'writeResults'],
  }

  /** The same stores, dead for ever after `limit` changes have been made. */
  function mortal(stores: Stores, limit: number) {
    const state = { calls: 0, dead: false }
    const wrap = <T extends object>(target: T, names: string[]): T =>
      new Proxy(target, {
        get(object, name) {
          const method = Reflect.get(object, name) as (...args: unknown[]) => Promise<unknown>
          if (typeof method !== 'function') return method
          return async (...args: unknown[]) => {
            if (state.dead) throw new Error('killed')
            const result = await method.apply(object, args)
            if (names.includes(String(name)) && ++state.calls === limit) {
              state.dead = true
              throw new Error('killed')
            }
            return result
          }
        },
      })
    return {
      state,
      stores: { ...stores, ledger: wrap(stores.ledger, MUTATING.ledger), repo: wrap(stores.repo, MUTATING.repo) },
    }
  }

  test('nothing is lost or done twice, and the branch is on the incumbent', async () => {
    let points = 0
    for (let limit = 1; ; limit++) {
      const keepRule = { kind: 'measured', repeats: 2, floorBpb: 0.03 } as const
      const lab = scriptedLab({ maxExperiments: 2, task: { ...scriptedLab().task, keepRule } })
      const dir = await newFolder()
      const first = await openStores(dir, lab)
      const { state, stores } = mortal(first, limit)
      const before = makeLoop(stores)
      before.loop.start()
      await before.loop.settled()
      if (!state.dead) break
      points++
      expect(before.loop.phase, `killed at ${limit}`).toBe('failed')
      const decided = (await first.ledger.listExperiments('lab-1')).filter((row) => row.status !== 'running')

      const again = await openStores(dir, lab)
      const after = makeLoop(again)
      after.loop.start()
      await after.loop.settled()
      expect(after.loop.phase, `resumed after ${limit}`).toBe('idle')
      const { rows } = await checkRecord(again)
      const cut = rows.filter(wasInterrupted)
      expect(cut.length).toBeLessThanOrEqual(1)
      expect(rows.length - cut.length, `rows after ${limit}`).toBe(3)
      for (const row of decided) {
        // a baseline may gain the repeats it still lacked; nothing else of a decided row changes
        const now = rows[row.number]
        expect(now.scores.slice(0, row.scores.length)).toEqual(row.scores)
        expect([now.status, now.commit, now.deltaBpb]).toEqual([row.status, row.commit, row.deltaBpb])
      }
    }
    expect(points).toBeGreaterThan(25)
  }, 120_000)
})
