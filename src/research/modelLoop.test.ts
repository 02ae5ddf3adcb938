// Researchers with a model in the real loop: real git and ledger, a real server on this machine with written answers.

import { afterEach, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import { createResearcher } from './controllers/researcher'
import { createController } from './controllers/registry'
import { reply, setKnob } from './controllers/testingModel'
import { toldRows } from './controllers/told'
import type { LoopDeps } from './loop'
import { createModelClient } from './models/client'
import { createSpending } from './models/spending'
import { startScriptedServer, type Asked, type ScriptedServer, type Turn } from './models/testing/scriptedServer'
import type { ResearcherSpec } from './models/types'
import { partsOf } from './prompt/testing'
import { scriptedLab, scriptedTrainer, WAYS } from './testing'
import { checkRecord, landscape, makeLoop, newFolder, openStores, phaseIs, removeFolders, until } from './testingLab'
import { researchContext } from './context'

let server: ScriptedServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
  await removeFolders()
})

const MODEL = 'compatible/scripted'
const NONE = { requests: null, tokens: null, usd: null }
const base: Omit<ResearcherSpec, 'model'> = { edits: 'code', caps: NONE, ratio: 0.5, sampler: 'cma-es', standIn: null }
const isProposal = ({ system }: Asked) => system.includes('"hypothesis"')

/** A lab whose researcher asks the server; proposals get `answers` in turn, questions about the past a line each. */
async function begin(name: 'model' | 'hybrid', answers: (string | Turn)[], experiments: number, spec: Partial<ResearcherSpec> = {}, change: Partial<LoopDeps> = {}) {
  let next = 0
  server = await startScriptedServer((asked) => {
    if (isProposal(asked)) return answers[Math.min(next++, answers.length - 1)]
    return asked.system.includes('"lessons"') ? JSON.stringify({ lessons: [{ subject: 'DEPTH up', lesson: 'pays' }] }) : JSON.stringify({ reflection: 'It taught a little.' })
  })
  const model = { provider: 'compatible' as const, model: 'scripted', address: server.address }
  const spending = createSpending(NONE)
  const client = createModelClient(model, { keys: { key: async () => null }, spending, page: null, patience: { retries: 0 } })
  const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: experiments }))
  const controller = createResearcher(name, { ...base, ...spec, model }, client)
  return { ...makeLoop(stores, { controller, ...change }), stores, spending, server }
}

const depthOf = (row: Experiment) => Number(row.knobs.DEPTH)

test('a model alone: code, a repair, an analysis, refusals without a run; reflections and lessons', async () => {
  const passage = (search: string, replace: string) => reply({ form: 'blocks', blocks: [{ search, replace }] })
  const broken = passage('const WIDTH', 'const BROKEN = 1\nconst WIDTH')
  const tooDeep = reply(setKnob('DEPTH', 12))
  const more = [5, 6, 7, 8, 9, 10, 11].map((depth) => reply(setKnob('DEPTH', depth)))
  const answers = [
    passage('knob(3, ', 'knob(4, '),
    passage('MATRIX_LR = 0.04', 'MATRIX_LR = 0.06'), reply(setKnob('MATRIX_LR', 0.06)), // the first is not there: repaired
    reply({ form: 'thought', text: 'Two keeps; depth pays.' }),
    broken, broken, // the box will not have it, twice: a row without a run
    tooDeep, tooDeep,
    ...more,
  ] // prettier-ignore
  const made = await begin('model', answers, 11, {}, { predictBytes: (program) => (Number(program.graph.nodes[0].attrs.DEPTH) > 11 ? 1e12 : 1e3) })
  made.loop.start()
  await made.loop.settled()
  const { lab, rows } = await checkRecord(made.stores)
  expect(lab.phase).toBe('finished')
  expect(rows).toHaveLength(13) // baseline, eleven tries, one thought
  expect(rows.slice(1).map(({ proposer }) => proposer)).toEqual(Array(12).fill(MODEL))
  expect(rows[1]).toMatchObject({ status: 'keep', expectedDelta: -0.01, expectedProbability: 0.3, category: 'depth', reflection: 'It taught a little.' })
  expect(rows[2]).toMatchObject({ description: 'MATRIX_LR 0.04 → 0.06' })
  expect(rows[3]).toMatchObject({ status: 'thought', hypothesis: 'Two keeps; depth pays.', scores: [] })
  expect(rows[4]).toMatchObject({ status: 'crash', error: { code: 'program.syntax' } })
  expect(rows[5]).toMatchObject({ status: 'rejected', error: { code: 'program.memory' } })
  // neither was trained, and what they were is told to the model
  expect(made.trainer.jobs.some(({ runId }) => /\/[345]\//.test(runId))).toBe(false)
  const told = made.server.asked.filter(isProposal).at(-1)!
  expect(told.prompt).toMatch(/#5 \| rejected \| compatible\/scripted .* program\.memory/)
  expect(told.prompt).toContain('Two keeps; depth pays.')
  expect(told.prompt).toContain('DEPTH up: pays')
  // eleven proposals, a thought and three repairs; a reflection a try, and lessons after ten of them
  expect(made.server.asked.filter(isProposal)).toHaveLength(15)
  expect(made.server.asked).toHaveLength(15 + 11 + 1)
  expect(lab.lessons).toBe('DEPTH up: pays')
  // every prompt is made of our own lines and quotations that close
  for (const { prompt } of made.server.asked) expect(() => partsOf(prompt.split('\n\nYour last answer could not be used.')[0])).not.toThrow()
  // everything that was spent is on the rows or the lab's
  expect(rows[2].cost?.requests).toBe(3)
  expect(lab.spent).toMatchObject({ requests: 27, inputTokens: made.spending.spent.inputTokens, outputTokens: made.spending.spent.outputTokens })
})

test('a hybrid: rows name who proposed; a failure of the model is not told to the sampler; the lab waits for the model', async () => {
  const oom = (knobs: Experiment['knobs']) => {
    if (Number(knobs.DEPTH) === 11) throw new LabError('gpu.oom', 'Too big.', { hint: 'Make it smaller.' })
    return landscape(knobs)
  }
  const made = await begin('hybrid', [reply(setKnob('DEPTH', 11)), reply(setKnob('DEPTH', 10))], 14, { edits: 'knobs' }, { trainer: scriptedTrainer(oom, 0.004) })
  made.loop.start()
  await made.loop.settled()
  const { lab, rows } = await checkRecord(made.stores)
  const proposers = rows.slice(1).map(({ proposer }) => proposer)
  expect(proposers).toEqual([...Array(11).fill('cma-es'), MODEL, 'cma-es', MODEL])
  expect(rows[12]).toMatchObject({ status: 'crash', error: { code: 'gpu.oom' } })
  expect(depthOf(rows[14])).toBe(10)
  expect(made.server.asked).toHaveLength(3) // two trials, and the lessons after ten
  const [, , second] = made.server.asked
  expect(second.prompt).toContain('Covariance of the sampler')
  expect(second.prompt).toMatch(/#12 \| crash \| compatible\/scripted .* gpu\.oom/)

  expect(toldRows(rows).map(({ row }) => row.number)).toEqual(rows.map(({ number }) => number).filter((number) => number !== 12))
  const next = (history: Experiment[]) =>
    createController('cma-es').propose(researchContext({ ...lab, nextNumber: 15 }, history, lab.trainJs, { ...WAYS, base: lab.incumbent! }))
  expect((await next(rows)).source).toBe((await next(rows.filter(({ number }) => number !== 12))).source)
})

test('a hybrid whose model is away: the lab waits, or somebody stands in by name', async () => {
  const away = { status: 503 }
  const made = await begin('hybrid', [], 12, { edits: 'knobs' })
  made.server.follow((asked) => (isProposal(asked) ? away : JSON.stringify({ lessons: [] })))
  made.loop.start()
  await phaseIs(made.loop, 'paused')
  expect(await made.stores.ledger.listExperiments('lab-1')).toHaveLength(12)
  expect(made.events.findLast((event) => event.kind === 'notice')).toMatchObject({ error: { code: 'controller.offline' } })
  made.server.follow([reply(setKnob('DEPTH', 9))])
  made.loop.resume()
  await made.loop.settled()
  expect((await checkRecord(made.stores)).rows[12]).toMatchObject({ proposer: MODEL })
  await made.server.close()

  const stoodIn = await begin('hybrid', [], 12, { edits: 'knobs', standIn: 'random' })
  stoodIn.server.follow([away])
  stoodIn.loop.start()
  await stoodIn.loop.settled()
  const row = (await checkRecord(stoodIn.stores)).rows[12]
  expect(row.proposer).toBe('random')
  expect(row.hypothesis).toContain(`${MODEL} could not be reached (controller.offline), so random proposed: `)
})

test('a model whose answers are of no use is asked again, twice; a third time in a row the lab waits; all is paid for', async () => {
  const nonsense = Array<string>(2).fill('Let me think about depth.') // each answer is sent back once
  const good = [reply(setKnob('DEPTH', 5)), reply(setKnob('DEPTH', 6))]
  const made = await begin('model', [...nonsense, ...nonsense, good[0], ...nonsense, good[1], ...nonsense], 5)
  made.loop.start()
  await phaseIs(made.loop, 'paused')
  const { lab, rows } = await checkRecord(made.stores)
  expect(rows.slice(1).map(depthOf)).toEqual([5, 6])
  const told = made.events.flatMap((event) => (event.kind === 'notice' && event.error?.code === 'controller.badReply' ? [event.notice!.level] : []))
  expect(told).toEqual(['warning', 'warning', 'warning', 'warning', 'warning', 'error'])
  // six answers sent back once each, two proposals, a reflection on either
  expect(lab.spent?.requests).toBe(6 * 2 + 2 + 2)
  expect(made.server.asked).toHaveLength(16)
  await made.loop.stop()
})

test('a request that a stop breaks off is on the lab’s account, and so is the one before it that was to be mended', async () => {
  const half = { text: '{"hypothesis":"Half of an answer, which', end: 'hang' as const }
  const made = await begin('model', ['Let me think about depth.', half], 5)
  made.loop.start()
  await until(() => made.events.some((event) => event.kind === 'text' && event.delta.includes('which')))
  await made.loop.stop()
  const { lab, rows } = await checkRecord(made.stores)
  expect(rows).toHaveLength(1)
  expect(made.server.asked).toHaveLength(2)
  expect(lab).toMatchObject({ phase: 'stopped', spent: { requests: 2, inputTokens: expect.any(Number), outputTokens: 7 + 10 } })
  expect(lab.spent).toEqual(made.spending.spent)
  const [first, second] = made.server.asked.map(({ system, prompt }) => Math.ceil((new TextEncoder().encode(system + prompt).length + 2000) / 4))
  expect(lab.spent!.inputTokens).toBeGreaterThanOrEqual(second)
  expect(second).toBeGreaterThan(first)
})
