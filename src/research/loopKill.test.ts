import { cp } from 'node:fs/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { wasInterrupted } from './outcomes'
import { NO_COST } from './models/types'
import { scriptedLab } from './testing'
import { guided, guidedLab, scripted } from './testingGuide'
import type { Stores } from './testingLab'
import { checkRecord, makeLoop, newFolder, openStores, removeFolders } from './testingLab'
import type { Proposal, ResearchContext } from './types'

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
  })

  /** A researcher that is paid, and counts how often it answers for which number. */
  function paid(answers: number[]) {
    const free = scripted()
    return {
      ...free,
      async propose(context: ResearchContext): Promise<Proposal> {
        answers.push(context.lab.nextNumber)
        return { ...(await free.propose(context)), cost: { ...NO_COST, requests: 1, inputTokens: 10 } }
      },
    }
  }

  test('between proposal and row: what was paid for is run, a note is read once, forks and reviews are taken up again', async () => {
    // three discards and a fork under way: what follows is a review, and one try on the fork that reads the note
    const scores = (number: number) => (number === 2 ? 2.004 : 2.05)
    const lab = guidedLab({ maxExperiments: 3 })
    const source = await guided(lab, scripted(), scores)
    source.loop.start()
    await source.loop.settled()
    let points = 0
    for (let limit = 1; ; limit++) {
      const dir = await newFolder()
      await cp(source.stores.dir, dir, { recursive: true })
      const first = await openStores(dir, lab)
      const notes = ['Look here.']
      const fork = { from: 2, left: 2, reason: 'It missed the best by little.' }
      await first.ledger.saveLab({ ...(await first.ledger.loadLab('lab-1'))!, maxExperiments: 4, notes, fork })
      const { state, stores } = mortal(first, limit)
      const answers: number[] = []
      const before = await guided(lab, paid(answers), scores)
      const { trainer } = before
      const killed = makeLoop(stores, { trainer, controller: paid(answers) })
      killed.loop.start()
      await killed.loop.settled()
      if (!state.dead) break
      points++
      const waiting = (await first.ledger.loadLab('lab-1'))!.pending ?? null

      const again = await openStores(dir, lab)
      const answersAfter: number[] = []
      const after = makeLoop(again, { trainer, controller: paid(answersAfter) })
      after.loop.start()
      await after.loop.settled()
      const { rows, lab: ended } = await checkRecord(again)
      const told = `killed at ${limit}`
      const lived = rows.filter((row) => !wasInterrupted(row))
      expect(rows.length - lived.length, told).toBeLessThanOrEqual(1)
      if (waiting) {
        expect(rows[waiting.number], told).toMatchObject({ hypothesis: waiting.proposal.hypothesis, description: waiting.proposal.description, guidance: waiting.guidance })
        expect(answersAfter, told).not.toContain(waiting.number)
      }
      expect(rows.filter((row) => row.guidance?.orders.some(({ kind }) => kind === 'note')).length, told).toBe(1)
      expect(ended.notes, told).toEqual([])
      expect(lived.map(({ status }) => status).join(' '), told).toBe('baseline discard discard discard thought discard')
      expect(lived.at(-1), told).toMatchObject({ parentNumber: 2, against: 0 })
      // a try that was cut off used up one of its runs, a review none
      const cutTries = rows.filter((row) => wasInterrupted(row) && row.category !== 'review').length
      expect(ended.fork?.left ?? 0, told).toBe(1 - cutTries)
      expect(ended.pending, told).toBeNull()
    }
    expect(points).toBeGreaterThan(15)
  })
})
