import { afterEach, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import { findKnobs, setKnobs } from '../sandbox/knobs'
import { judgeSeeds } from './bench'
import { createHalving } from './controllers/halving'
import { createController } from './controllers/registry'
import { screenJob } from './screen'
import { failed, PROGRAM, scriptedBox, scriptedLab, scriptedTrainer } from './testing'
import { checkRecord, landscape, makeLoop, newFolder, openStores, removeFolders } from './testingLab'
import type { Controller, ResearchContext } from './types'

afterEach(removeFolders)

const knobOf = (source: string, name: string) => Number(findKnobs(source).find((knob) => knob.name === name)!.value)

test('a short run takes a share of budget and text, and a seed that nothing is judged on', async () => {
  const lab = scriptedLab()
  const program = await scriptedBox().describe({ source: PROGRAM, vocab: 260, tier: 'software' })
  for (const kind of ['tokens', 'seconds'] as const) {
    const task = { ...lab.task, budget: { kind, amount: 90 }, evaluation: { context: 8, tokens: 240 } }
    const job = screenJob({ ...lab, task }, program, 1 / 9, 'x')
    expect(job).toMatchObject({ budget: { kind, amount: 10 }, evaluation: { context: 8, tokens: 80 }, scoreHidden: false, returnWeights: false })
    expect(judgeSeeds(task)).not.toContain(job.seed)
    expect(screenJob({ ...lab, task }, program, 1 / 3, 'x').seed).toBe(job.seed)
    expect(screenJob({ ...lab, task }, program, 1, 'x').evaluation.tokens).toBe(240)
  }
})

test('halving: nine short, three longer, one judged; failures of short runs are dropped, the cost is on the row', async () => {
  const lab = scriptedLab({ maxExperiments: 2, guide: 'off' })
  const stores = await openStores(await newFolder(), lab)
  const trainer = scriptedTrainer(landscape, 0.004)
  let short = 0
  trainer.before = (job) => {
    const isShort = job.budget.amount < lab.task.budget.amount
    // one short run in four does not come to its end
    if (isShort && ++short % 4 === 0) return failed(job, 'crash', new LabError('numeric.nonfinite', 'The loss is no number.'))
  }
  const { loop } = makeLoop(stores, { trainer, controller: createHalving() })
  loop.start()
  await loop.settled()
  const { rows } = await checkRecord(stores)
  const tried = rows.filter((row) => row.proposer === 'halving')
  expect(tried).toHaveLength(2)
  expect(rows).toHaveLength(3)
  for (const { screening, hypothesis } of tried) {
    expect(screening).toMatchObject({ candidates: 9, runs: 12 })
    expect(screening!.failed).toBe(3)
    expect(screening!.fullRuns).toBeCloseTo(2, 9)
    expect(hypothesis).toMatch(/^Best of 9 in short runs: /)
  }
  const seeds = judgeSeeds(lab.task)
  const shorts = trainer.jobs.filter(({ budget }) => budget.amount < lab.task.budget.amount)
  expect(shorts).toHaveLength(24)
  expect(shorts.every(({ seed, scoreHidden }) => !seeds.includes(seed) && !scoreHidden)).toBe(true)
  expect(trainer.jobs.filter((job) => !shorts.includes(job)).every(({ seed }) => seeds.includes(seed))).toBe(true)
})

test('halving proposes nothing when every short run fails', async () => {
  const lab = scriptedLab({ guide: 'off' })
  const stores = await openStores(await newFolder(), lab)
  const trainer = scriptedTrainer(landscape, 0.004)
  trainer.before = (job) => {
    if (job.budget.amount < lab.task.budget.amount) return failed(job, 'timeout', new LabError('judge.timeout', 'Too slow.'))
  }
  const { loop, events } = makeLoop(stores, { trainer, controller: createHalving() })
  loop.start()
  const said = () => events.some((event) => event.kind === 'notice' && event.notice?.message.includes('All 9 candidates failed'))
  await expect.poll(said, { timeout: 60_000 }).toBe(true)
  await loop.stop()
  expect((await stores.ledger.listExperiments('lab-1')).map(({ status }) => status)).toEqual(['baseline'])
})

test('what memory cannot hold costs no run: it is rejected with the reason, and the proposer is told', async () => {
  const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 4, guide: 'off' }))
  const seen: ResearchContext[] = []
  const evolution = createController('evolution')
  const controller: Controller = {
    name: 'evolution',
    async propose(context) {
      seen.push(context)
      const proposal = await evolution.propose(context)
      // without asking first, as a person or a model may
      return seen.length === 1 ? { ...proposal, source: setKnobs(context.source, { WIDTH: 700 }) } : proposal
    },
  }
  const predictBytes = ({ graph }: { graph: { nodes: { attrs: Record<string, unknown> }[] } }) => Number(graph.nodes[0].attrs.WIDTH) * 2 ** 22
  const { loop, trainer } = makeLoop(stores, { controller, predictBytes })
  loop.start()
  await loop.settled()
  const { rows, lab } = await checkRecord(stores)
  expect(rows[1]).toMatchObject({ status: 'rejected', scores: [], error: { code: 'program.memory' } })
  expect(rows[1].reason).toMatch(/would need 2800 MiB; the task allows/)
  expect(trainer.jobs.some(({ runId }) => runId.startsWith('lab-1/1/'))).toBe(false)
  expect(seen[1].history.at(-1)).toMatchObject({ number: 1, status: 'rejected', reason: rows[1].reason })
  // none of the researcher's own proposals came to that: they are predicted while they are drawn
  expect(rows.slice(2).map(({ status }) => status)).not.toContain('rejected')
  for (const { source } of seen.slice(2)) expect(knobOf(source, 'WIDTH') * 2 ** 22).toBeLessThanOrEqual(lab.task.guards.maxBytes)
})
