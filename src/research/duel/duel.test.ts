// Duels over real labs: real loop, ledger and git; only the training is scripted.

import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import type { DuelOptions, DuelReport } from '../../worker/researchProtocol'
import { createController } from '../controllers/registry'
import { scriptedBox, scriptedData, scriptedLab, scriptedTrainer } from '../testing'
import { landscape, newFolder, openStores, removeFolders } from '../testingLab'
import type { Controller } from '../types'
import { runDuel, type DuelDeps, type DuelEvent } from './run'

afterEach(removeFolders)

const OPTIONS: DuelOptions = { a: 'evolution', b: 'random', seeds: 2, experiments: 4, fresh: 2 }
const START = scriptedLab({ task: { ...scriptedLab().task, keepRule: { kind: 'measured', repeats: 2, floorBpb: 0 } } })

async function ring(change: Partial<DuelDeps> = {}) {
  const dir = await newFolder()
  const trainer = scriptedTrainer(landscape, 0.004)
  const saved = new Map<string, DuelReport>()
  const store = { load: async (id: string) => saved.get(id) ?? null, save: async (report: DuelReport) => void saved.set(report.id, structuredClone(report)) }
  const deps: DuelDeps = {
    trainer,
    box: scriptedBox(),
    predictBytes: () => 0,
    data: scriptedData,
    researcherOf: (lab) => ({ controller: createController(lab.controller), dispose() {} }),
    place: async (lab) => ({ ...(await openStores(join(dir, lab.labId), lab)), release: async () => undefined }),
    ...change,
  }
  const events: DuelEvent[] = []
  const stopping = new AbortController()
  const fight = (options = OPTIONS, signal = stopping.signal) => runDuel(START, options, store, deps, (event) => events.push(event), signal)
  return { fight, trainer, stopping, events, saved, dir, deps }
}

test('each seed gives a lab a side, one shared baseline, and the bests measured again on seeds new to both', async () => {
  const { fight, trainer, events } = await ring()
  const report = await fight()
  expect(report).toMatchObject({ finished: true, options: OPTIONS, backend: 'webgpu', at: null, fresh: { pairs: 2 }, selection: { pairs: 2 } })
  for (const { seed, a, b, fresh } of report.pairs) {
    expect([a.curve.length, b.curve.length, fresh.length]).toEqual([5, 5, 2])
    expect(a.curve[0]).toBe(b.curve[0])
    expect(a.selectionBpb).toBe(a.curve[4])
    expect([a, b].map(({ isDone, ended }) => [isDone, ended])).toEqual([[true, null], [true, null]]) // prettier-ignore
    // the baseline once on each judge's seed, whatever the sides did to it afterwards
    const first = trainer.jobs.filter(({ runId }) => runId.includes(`-${seed}-`) && /\/0\/\d$/.test(runId))
    expect(first.map((job) => job.seed)).toEqual([seed, seed + 1])
    const judged = new Set(trainer.jobs.filter(({ runId }) => !runId.startsWith('duel/')).map((job) => job.seed))
    expect(fresh.some((one) => judged.has(one))).toBe(false)
    const again = trainer.jobs.filter(({ runId }) => runId.startsWith(`duel/${seed}/`))
    expect(again.map((job) => job.seed)).toEqual(a.freshScores[0] === b.freshScores[0] ? fresh : fresh.flatMap((one) => [one, one]))
  }
  const orders = events.flatMap((event) => (event.kind === 'loop' ? [`${event.seed} ${event.side}`] : []))
  expect([...new Set(orders)]).toEqual(['42 a', '42 b', '142 b', '142 a'])
  // all of it again costs nothing; another seed costs only itself
  const jobs = trainer.jobs.length
  expect((await fight()).pairs).toEqual(report.pairs)
  expect(trainer.jobs).toHaveLength(jobs)
  const more = await fight({ ...OPTIONS, seeds: 3 })
  expect(more.pairs.slice(0, 2)).toEqual(report.pairs)
  expect(more).toMatchObject({ id: report.id, finished: true, fresh: { pairs: 3 } })
})

test('stopped in the middle it goes on from there', async () => {
  const whole = await (await ring()).fight()
  const { fight, trainer, stopping, saved } = await ring()
  trainer.before = (job) => (trainer.jobs.length === 9 ? (stopping.abort(), undefined) : void job)
  const cut = await fight()
  expect(cut.finished).toBe(false)
  expect([...saved.values()][0]).toMatchObject({ finished: false, at: null })
  trainer.before = undefined
  const report = await fight(OPTIONS, new AbortController().signal)
  expect(report).toMatchObject({ id: whole.id, finished: true })
  // what was decided before the cut stands; the experiment that was cut off is proposed anew
  const { curve } = cut.pairs[0].a
  expect(curve.length).toBeGreaterThan(1)
  expect(whole.pairs[0].a.curve.slice(0, curve.length)).toEqual(curve)
  for (const [i, { a, b }] of report.pairs.entries()) {
    expect([a.curve.length, b.curve.length, a.freshScores.length, b.freshScores.length]).toEqual([5, 5, 2, 2])
    expect(a.curve[0]).toBe(whole.pairs[i].a.curve[0])
  }
})

test('a side that ran out of ideas has ended; one that cannot be reached holds the duel up', async () => {
  const failing = (code: 'controller.exhausted' | 'controller.offline'): DuelDeps['researcherOf'] => (lab) => {
    const own = createController(lab.controller)
    let calls = 0
    const propose: Controller['propose'] = async (context) => {
      if (lab.controller === 'random' && ++calls > 2) throw new LabError(code, 'Nothing more.', { hint: 'Help.' })
      return own.propose(context)
    }
    return { controller: { name: own.name, propose }, dispose() {} }
  }
  const tired = await (await ring({ researcherOf: failing('controller.exhausted') })).fight({ ...OPTIONS, seeds: 1 })
  expect(tired.finished).toBe(true)
  expect(tired.pairs[0].b).toMatchObject({ isDone: true, ended: 'Nothing more. Help.' })
  expect(tired.pairs[0].b.curve).toHaveLength(3)
  const { fight, saved } = await ring({ researcherOf: failing('controller.offline') })
  await expect(fight({ ...OPTIONS, seeds: 1 })).rejects.toMatchObject({ code: 'controller.offline' })
  expect([...saved.values()][0].pairs[0]).toMatchObject({ a: { isDone: true }, b: { isDone: false } })
})

test('a program that does not run as the baseline holds the duel up, too', async () => {
  const { fight, trainer, saved } = await ring()
  trainer.before = () => {
    throw new LabError('judge.slow', 'Too slow.')
  }
  await expect(fight()).rejects.toMatchObject({ code: 'lab.state', message: expect.stringContaining('Too slow.') })
  expect([...saved.values()][0].pairs[0].a.isDone).toBe(false)
})

test('five failures in a row end no side of a duel', async () => {
  const { fight, trainer } = await ring()
  trainer.before = (job) => {
    if (/\/0\/\d$/.test(job.runId) || job.runId.startsWith('duel/')) return undefined
    throw new LabError('gpu.oom', 'Too big for this GPU.')
  }
  const { pairs } = await fight({ ...OPTIONS, seeds: 1, experiments: 7 })
  expect(pairs[0].a).toMatchObject({ failures: 7, keeps: 0, ended: null, isDone: true })
  // both bests are the baseline: trained once a fresh seed, and no difference
  expect(pairs[0].a.freshScores).toEqual(pairs[0].b.freshScores)
})

test('options out of range are refused', async () => {
  const { fight } = await ring()
  for (const change of [{ b: 'evolution' }, { seeds: 0 }, { experiments: 1.5 }, { fresh: 21 }]) {
    await expect(fight({ ...OPTIONS, ...change })).rejects.toMatchObject({ code: 'lab.state', hint: 'Choose otherwise.' })
  }
})
