import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import { setKnobs } from '../sandbox/knobs'
import type { Question } from '../worker/researchProtocol'
import type { Loop, LoopEvent } from './loop'
import { PROGRAM } from './testing'
import { guided, guidedLab, proposalOf, scripted } from './testingGuide'
import { checkRecord, makeLoop, newFolder, notices, openStores, phaseIs, removeFolders, until } from './testingLab'
import type { ResearchContext } from './types'

afterEach(removeFolders)

const COST = { requests: 1, inputTokens: 100, outputTokens: 20, usd: 0.02, wallMs: 7 }
const twice = { ...COST, requests: 2, inputTokens: 200, outputTokens: 40, usd: 0.04, wallMs: 14 }
const asked = (events: LoopEvent[]) => events.flatMap((event) => (event.kind === 'question' && event.question ? [event.question as Extract<Question, { kind: 'approve' }>] : []))

async function nextQuestion(events: LoopEvent[], count: number) {
  await until(() => asked(events).length === count)
  return asked(events)[count - 1]
}

describe('ask mode', () => {
  test('approve, edit and skip; each question is over with its answer', async () => {
    const { stores, loop, events, trainer } = await guided(guidedLab({ approval: 'ask', guide: 'off', maxExperiments: 2 }), scripted())
    loop.start()
    const first = await nextQuestion(events, 1)
    expect(first).toMatchObject({ kind: 'approve', proposer: 'scripted', before: PROGRAM, after: expect.stringContaining('knob(0.00345,') })
    expect((await stores.ledger.loadLab('lab-1'))!.pending?.proposal.source).toBe(first.after)
    const runs = trainer.jobs.length
    loop.answer(first.id, { kind: 'skip', reason: 'Too small a rate.' })
    const second = await nextQuestion(events, 2)
    expect(trainer.jobs.length).toBe(runs)
    expect(() => loop.answer(first.id, { kind: 'run' })).toThrow(LabError)
    loop.answer(second.id, { kind: 'run' })
    const third = await nextQuestion(events, 3)
    loop.answer(third.id, { kind: 'run', trainJs: setKnobs(PROGRAM, { DEPTH: 9 }) })
    await loop.settled()
    const { rows, lab } = await checkRecord(stores)
    expect(rows.slice(1).map(({ status, proposer }) => [status, proposer])).toEqual([
      ['rejected', 'scripted'],
      ['discard', 'scripted'],
      ['discard', 'human'],
    ])
    expect(rows[1]).toMatchObject({ error: { code: 'lab.skipped' }, reason: 'Skipped by you: Too small a rate.' })
    expect(rows[3]).toMatchObject({ knobs: { DEPTH: 9 }, description: 'rate 3 (edited by hand)', expectedDelta: null })
    expect(lab.pending).toBeNull()
    expect(events.findLast(({ kind }) => kind === 'question')).toEqual({ kind: 'question', question: null })
  })

  test('a proposal that waits is asked about again after a restart, and not proposed anew', async () => {
    const dir = await newFolder()
    const lab = guidedLab({ approval: 'ask', maxExperiments: 1 })
    const before = await guided(lab, scripted(({ source }) => proposalOf(setKnobs(source, { DEPTH: 5 }), { cost: COST })), undefined, dir)
    before.loop.start()
    const question = await nextQuestion(before.events, 1)
    await before.loop.stop()
    expect(before.loop.phase).toBe('idle')
    expect(() => before.loop.answer(question.id, { kind: 'run' })).toThrow(/over/)
    const controller = scripted()
    const after = await guided(lab, controller, undefined, dir)
    after.loop.start()
    const again = await nextQuestion(after.events, 1)
    expect(again.after).toBe(question.after)
    after.loop.answer(again.id, { kind: 'run' })
    await after.loop.settled()
    const { rows, lab: ended } = await checkRecord(after.stores)
    expect(controller.contexts).toEqual([])
    expect(rows[1]).toMatchObject({ knobs: { DEPTH: 5 }, cost: COST })
    expect(ended.spent).toEqual(COST)
  })
})

describe('the note box', () => {
  test('is read at the next proposal, once; what is written meanwhile waits', async () => {
    const lab = guidedLab({ maxExperiments: 3, notes: ['Try depth.', 'And rates.'] })
    const written: { loop?: Loop } = {}
    const controller = scripted(async ({ lab: { nextNumber } }) => {
      // a box that holds two
      if (nextNumber === 1) await written.loop!.change(({ notes = [] }) => ({ notes: [...notes, 'Later.'].slice(-2) }))
    })
    const made = await guided(lab, controller)
    written.loop = made.loop
    made.loop.start()
    await made.loop.settled()
    const { rows, lab: after } = await checkRecord(made.stores)
    const notes = rows.map(({ guidance }) => guidance?.orders.flatMap(({ kind, text }) => (kind === 'note' ? [text] : [])) ?? [])
    expect(notes.slice(0, 4)).toEqual([[], ['Try depth.', 'And rates.'], ['Later.'], []])
    expect(after.notes).toEqual([])
    expect(controller.contexts[0].guidance.orders.map(({ text }) => text)).toEqual(['Try depth.', 'And rates.'])
  })

  test('stays when the proposal fails', async () => {
    const controller = scripted(({ onCost }, call) => {
      if (call > 1) return
      onCost?.(COST)
      throw new LabError('controller.offline', 'No answer.', { hint: 'Wait.' })
    })
    const { stores, loop, events } = await guided(guidedLab({ maxExperiments: 1, notes: ['Look here.'] }), controller)
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)).toMatchObject({ message: 'No answer.', hint: 'Wait.' })
    expect(await stores.ledger.loadLab('lab-1')).toMatchObject({ notes: ['Look here.'], spent: COST })
    loop.resume()
    await loop.settled()
    const { rows, lab } = await checkRecord(stores)
    expect(rows[1].guidance!.orders).toEqual([{ kind: 'note', text: 'Look here.' }])
    expect(lab).toMatchObject({ notes: [], spent: COST })
  })
})

describe('a model that answers', () => {
  test('is cut short by stop, whether or not it listens', async () => {
    for (const listens of [true, false]) {
      let signal: AbortSignal | undefined
      const controller = scripted((context) => {
        signal = context.signal
        context.onText?.('thinking')
        return new Promise((_, reject) => {
          if (listens) signal!.addEventListener('abort', () => reject(new Error('aborted')))
        })
      })
      const { stores, loop, events } = await guided(guidedLab({ maxExperiments: 1 }), controller)
      loop.start()
      await until(() => signal !== undefined)
      await loop.stop()
      expect(signal!.aborted).toBe(true)
      expect(loop.phase).toBe('idle')
      expect(events).toContainEqual({ kind: 'text', proposer: 'scripted', delta: 'thinking' })
      const { rows, lab } = await checkRecord(stores)
      expect(rows.length).toBe(1)
      expect(lab).toMatchObject({ phase: 'stopped' })
    }
  })

  test('is paid for proposals, reflections and lessons; the person’s lessons survive', async () => {
    const controller = {
      ...scripted(({ source, lab: { nextNumber } }) => proposalOf(setKnobs(source, { MATRIX_LR: 0.003 * 1.15 ** nextNumber }), { cost: COST, proposer: 'a model' })),
      reflect: async (context: ResearchContext) => {
        context.onCost?.(COST)
        return { text: ' Rates hardly matter. ', cost: COST }
      },
      learn: async (context: ResearchContext) => {
        context.onCost?.(COST)
        return { text: 'Rates: no effect', cost: COST }
      },
    }
    const { stores, loop } = await guided(guidedLab({ guide: 'off', maxExperiments: 10, lessons: 'Mine: keep it small' }), controller)
    loop.start()
    await loop.settled()
    const { rows, lab } = await checkRecord(stores)
    expect(rows[1]).toMatchObject({ cost: twice, reflection: 'Rates hardly matter.', proposer: 'a model' })
    expect(lab.spent).toMatchObject({ requests: 21, inputTokens: 2100 })
    expect(lab.lessons).toBe('Mine: keep it small\nRates: no effect')
    expect(lab.lessonsAt).toBe(10)
  })

  test('whose reflection fails loses nothing: the figures speak, and the person is told', async () => {
    const controller = {
      ...scripted(),
      reflect: async ({ onCost }: ResearchContext) => {
        onCost?.(COST)
        throw new LabError('controller.limit', 'Too many requests.')
      },
    }
    const { stores, loop, events } = await guided(guidedLab({ maxExperiments: 1 }), controller)
    loop.start()
    await loop.settled()
    const { rows, lab } = await checkRecord(stores)
    expect(rows[1].reflection).toContain('No prediction')
    expect(lab.spent).toEqual(COST)
    expect(notices(events).some(({ message }) => message === 'Too many requests.')).toBe(true)
  })

  test('that only writes analyses is stopped after three', async () => {
    const controller = scripted(({ source }, call) => proposalOf(source, { isThought: true, hypothesis: `Thought ${call}.` }))
    const { stores, loop, events } = await guided(guidedLab({ maxExperiments: 2 }), controller)
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)?.message).toContain('3 analyses in a row')
    await loop.stop()
    const { rows } = await checkRecord(stores)
    expect(rows.map(({ status }) => status)).toEqual(['baseline', 'thought', 'thought', 'thought'])
    expect(rows[1].parentCommit).toBe(rows[0].commit)
  })

  test('another researcher takes over with the next proposal', async () => {
    const made = await guided(guidedLab({ maxExperiments: 2 }), scripted(() => made.loop.useController({ ...scripted(), name: 'another' })))
    made.loop.start()
    await made.loop.settled()
    const { rows } = await checkRecord(made.stores)
    expect(rows.slice(1).map(({ proposer }) => proposer)).toEqual(['another', 'another'])
  })
})

describe('ends', () => {
  test('the target ends a lab with its evidence; another target goes on', async () => {
    const ends = { minutes: null, tokens: null, usd: null, targetBpb: 1.95 }
    const { stores, loop, events } = await guided(guidedLab({ maxExperiments: 5, ends }), scripted(), (number) => (number === 2 ? 1.94 : 2.1))
    loop.start()
    await loop.settled()
    let { rows, lab } = await checkRecord(stores)
    expect(rows.length).toBe(3)
    expect(lab).toMatchObject({ phase: 'finished', end: { kind: 'CONVERGED', by: 'target', evidence: expect.stringContaining('experiment 2 has 1.9') } })
    expect(notices(events).at(-1)?.message).toMatch(/^CONVERGED: The target of 1.95 is met/)
    await loop.change(() => ({ ends: { ...ends, targetBpb: 1 }, maxExperiments: 3 }))
    loop.start()
    await loop.settled()
    ;({ rows, lab } = await checkRecord(stores))
    expect(rows.length).toBe(4)
    expect(lab.end).toMatchObject({ by: 'experiments', kind: null })
  })

  test('an end by evidence holds until the person goes on, who is let go on', async () => {
    const { stores, loop } = await guided(guidedLab({ maxExperiments: 3, floorBpb: 1.999 }), scripted())
    loop.start()
    await loop.settled()
    expect((await checkRecord(stores)).lab.end).toMatchObject({ kind: 'CEILING', by: 'evidence' })
    loop.start()
    await loop.settled()
    const { rows, lab } = await checkRecord(stores)
    expect(lab.end).toMatchObject({ by: 'experiments' })
    expect(rows.length).toBe(4)
  })

  test('with nobody there, what would wait for a person ends as BLOCKED', async () => {
    const stores = await openStores(await newFolder(), guidedLab({ maxExperiments: 3, guide: 'off' }))
    const controller = scripted(() => {
      throw new LabError('controller.offline', 'The model cannot be reached.', { hint: 'Start it.' })
    })
    const { loop, events } = makeLoop(stores, { controller, unattended: true })
    loop.start()
    await loop.settled()
    const { lab } = await checkRecord(stores)
    expect(loop.phase).toBe('idle')
    expect(lab).toMatchObject({ phase: 'finished', end: { kind: 'BLOCKED', by: 'evidence', evidence: 'The model cannot be reached. Start it.' } })
    expect(notices(events).at(-1)?.level).toBe('warning')
    expect(events.some((event) => event.kind === 'phase' && event.phase === 'paused')).toBe(false)
  })
})
