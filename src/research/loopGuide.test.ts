import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import { setKnobs } from '../sandbox/knobs'
import { PROGRAM } from './testing'
import { guided, guidedLab, proposalOf, scripted } from './testingGuide'
import { checkRecord, removeFolders } from './testingLab'

afterEach(removeFolders)

const kinds = (row: Experiment) => row.guidance?.orders.map(({ kind }) => kind) ?? []
const run = async (made: Awaited<ReturnType<typeof guided>>) => {
  made.loop.start()
  await made.loop.settled()
  return checkRecord(made.stores)
}

describe('the guide', () => {
  test('three discards: a review; five: a fork from the near miss, judged against the best', async () => {
    const { rows, lab } = await run(await guided(guidedLab({ maxExperiments: 6 }), scripted(), (number) => (number === 2 ? 2.004 : 2.05)))
    expect(rows.map(({ status }) => status).join(' ')).toBe('baseline discard discard discard thought discard discard discard')
    expect(rows[4]).toMatchObject({ proposer: 'guide', category: 'review', parentNumber: 0 })
    expect(rows[4].hypothesis).toContain('Nothing has paid so far.')
    expect(kinds(rows[4])).toEqual(['review'])
    expect(rows[7]).toMatchObject({ parentNumber: 2, parentCommit: rows[2].commit, against: 0, proposer: 'scripted' })
    expect(kinds(rows[7])).toEqual(['fork'])
    expect(rows[7].deltaBpb).toBeCloseTo(0.05, 9)
    expect(lab.fork).toMatchObject({ from: 2, left: 2 })
    expect(rows.every(({ status, reflection }) => status === 'baseline' || status === 'thought' || reflection)).toBe(true)
  })

  test('a fork that is kept becomes the best, on a real branch of its own', async () => {
    const score = (number: number) => (number === 2 ? 2.004 : number === 9 ? 1.9 : number > 9 ? 2.2 : 2.05)
    const { rows, lab } = await run(await guided(guidedLab({ maxExperiments: 8 }), scripted(), score))
    const kept = rows.find(({ status }) => status === 'keep')!
    expect(kept).toMatchObject({ number: 9, parentNumber: 2, against: 0 })
    expect(lab).toMatchObject({ incumbent: 9, fork: null })
    expect(rows[10]).toMatchObject({ parentNumber: 9 })
    expect(rows[10].against).toBeUndefined()
  })

  test('three failures: the best at half its size; stuck: an idea of the deck; eight: an assumption turned round', async () => {
    const controller = scripted(({ lab: { nextNumber }, source }) => (nextNumber < 4 ? proposalOf(`${source}// BROKEN ${nextNumber}\n`) : undefined))
    const { rows } = await run(await guided(guidedLab({ maxExperiments: 9 }), controller))
    expect(rows.slice(1, 4).map(({ status }) => status)).toEqual(['crash', 'crash', 'crash'])
    expect(rows[4]).toMatchObject({ proposer: 'guide', knobs: { DEPTH: 2, WIDTH: 32 }, category: 'size' })
    expect(rows[4].guidance!.orders[0]).toMatchObject({ kind: 'shrink', text: expect.stringContaining('3 failures in a row') })
    const idea = rows.find((row) => kinds(row).includes('idea'))!
    expect(idea.guidance!.orders[0].text).toContain('A known technique: small batches.')
    expect(idea.knobs.ROWS).toBe(2)
    const turned = rows.find((row) => kinds(row).includes('invert'))!
    expect(turned).toMatchObject({ proposer: 'guide', parentNumber: 0 })
    expect(turned.hypothesis).toContain('turn it round')
  })

  test('near misses are put together by the lab, and run', async () => {
    const knobs: Record<string, number | string>[] = [{ DEPTH: 5 }, { ACTIVATION: 'silu' }]
    const controller = scripted(({ lab: { nextNumber }, source }) => (nextNumber <= 2 ? proposalOf(setKnobs(source, knobs[nextNumber - 1]), { category: String(nextNumber) }) : undefined))
    const made = await guided(guidedLab({ maxExperiments: 23 }), controller, (number) => (number <= 2 ? 2.003 : 2.05))
    const { rows } = await run(made)
    const combined = rows.filter((row) => kinds(row).includes('combine'))
    expect(combined[0]).toMatchObject({ proposer: 'guide', parents: [1, 2], knobs: { DEPTH: 5, ACTIVATION: 'silu' }, guidance: { mode: 'combine' } })
    expect(combined[0].guidance!.reason).toContain('2 near misses')
    expect(combined[0].scores.length).toBeGreaterThan(0)
  })

  test('what was tried is asked for again before it costs a commit; so is a fourth of one kind', async () => {
    const controller = scripted(({ source, guidance, lab: { nextNumber } }, call) => {
      if (call === 2) return proposalOf(PROGRAM, { category: 'a' })
      if (nextNumber === 5 && !guidance.orders.some(({ text }) => text.startsWith('That was one more'))) return proposalOf(setKnobs(source, { DEPTH: 7 }), { category: 'a' })
      return proposalOf(setKnobs(source, { MATRIX_LR: 0.003 * 1.3 ** nextNumber }), { category: nextNumber < 4 ? 'a' : 'b' })
    })
    const { rows } = await run(await guided(guidedLab({ maxExperiments: 4 }), controller, () => 2.1))
    expect(rows[2].guidance!.orders).toEqual([{ kind: 'novelty', text: 'That was the program of experiment 0, letter for letter: propose another.' }])
    expect(rows[5].category).toBe('b')
    expect(kinds(rows[5])).toEqual(['quota', 'quota'])
    expect(rows.some(({ error }) => error !== null)).toBe(false)
    // two more than rows, of which one was the lab's own
    expect(controller.contexts.length).toBe(6)
    expect(controller.contexts[2].rng.uniform()).not.toBe(controller.contexts[1].rng.uniform())
  })

  test('a researcher that insists is let through, with the order noted; almost the same program is warned of', async () => {
    const controller = scripted(({ source, lab: { nextNumber } }) => proposalOf(setKnobs(source, { MATRIX_LR: 0.04 + 0.001 * nextNumber }), { category: 'a' }))
    const { rows } = await run(await guided(guidedLab({ maxExperiments: 4 }), controller, () => 1.9 - 0.0001))
    const last = rows.at(-1)!
    expect(last.category).toBe('a')
    expect(kinds(last)).toContain('quota')
    expect(rows[1].guidance!.orders).toEqual([{ kind: 'novelty', text: 'Almost the program of experiment 0: MATRIX_LR 0.04 → 0.041.' }])
  })

  test('where the researcher has nothing new, the lab has', async () => {
    const controller = scripted(() => {
      throw new LabError('controller.exhausted', 'Nothing left.')
    })
    const { rows } = await run(await guided(guidedLab({ maxExperiments: 2 }), controller))
    expect(rows.slice(1).map(({ proposer }) => proposer)).toEqual(['guide', 'guide'])
    expect(kinds(rows[1])).toEqual(['idea'])
  })

  test('a model that is asked for a review writes it, or the lab does and its program is next, paid once', async () => {
    const cost = { requests: 1, inputTokens: 10, outputTokens: 5, usd: 0.01, wallMs: 1 }
    const base = scripted(({ guidance, source }) => {
      const asked = guidance.orders.some(({ kind }) => kind === 'review')
      return asked ? proposalOf(setKnobs(source, { DEPTH: 9 }), { cost, category: 'deep' }) : undefined
    })
    const { rows, lab } = await run(await guided(guidedLab({ maxExperiments: 4 }), { ...base, takesOrders: true }))
    expect(rows[4]).toMatchObject({ status: 'thought', proposer: 'guide' })
    expect(rows[5]).toMatchObject({ knobs: { DEPTH: 9 }, cost, proposer: 'scripted' })
    expect(kinds(rows[5])).toEqual([])
    expect(lab.spent).toEqual(cost)
    expect(base.contexts.length).toBe(4)

    const writer = scripted(({ guidance, source }) => (guidance.orders.some(({ kind }) => kind === 'review') ? proposalOf(source, { isThought: true, hypothesis: 'Rates do not matter.', category: 'review' }) : undefined))
    const written = await run(await guided(guidedLab({ maxExperiments: 4 }), { ...writer, takesOrders: true }))
    expect(written.rows[4]).toMatchObject({ status: 'thought', proposer: 'scripted', hypothesis: 'Rates do not matter.' })
    expect(written.rows.length).toBe(6)
  })

  test('off: the researcher alone', async () => {
    const { rows, lab } = await run(await guided(guidedLab({ maxExperiments: 9, guide: 'off' }), scripted()))
    expect(rows.slice(1).every((row) => row.proposer === 'scripted' && row.parentNumber === 0 && kinds(row).length === 0)).toBe(true)
    expect(lab.fork).toBeUndefined()
  })
})
