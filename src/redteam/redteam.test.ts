// Every cheat, against the real box, trainer and judge in Node. The journey does the same in a browser.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryByteCache } from '../data/byteCache'
import { loadCorpus, prepareData } from '../data/corpus'
import '../engine/testing/dawn' // opens WebGPU where there is a driver
import '../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import { memoryStore } from '../engine/tune/table'
import { createTrainer } from '../judge/trainer'
import { createBox } from '../sandbox/box'
import { attackAll } from './attack'
import { openGround } from './ground'
import { HONEST } from './programs'
import { CHEATS } from './registry'
import type { Cheat, Ground, Report } from './types'
import { refused, sameScore, unreachable, unscored, withoutEffect } from './walls'

const { dawnInstance } = globalThis as { dawnInstance?: GPU }
const hasDriver = Boolean(await dawnInstance?.requestAdapter())
let opened: Awaited<ReturnType<typeof openGround>>
let ground: Ground

beforeAll(async () => {
  const spawn = () => {
    throw new Error('one thread needs no other')
  }
  opened = await openGround({
    box: await createBox(),
    trainer: () => createTrainer({ gpu: async () => dawnInstance, threads: { threads: 1, shared: false, spawn } }, memoryStore(), 'wasm'),
    data: async (source, tokenizer) => (await prepareData(await loadCorpus(source, { cache: memoryByteCache() }), tokenizer)).data,
  })
  ground = opened.ground
})

afterAll(() => opened?.close())

test('there are at least 25 cheats, each with a name of its own', () => {
  expect(CHEATS.length).toBeGreaterThanOrEqual(25)
  expect(new Set(CHEATS.map(({ id }) => id)).size).toBe(CHEATS.length)
})

const isOnDevice = ({ family }: Cheat) => family === 'kernel'

test.each(CHEATS.filter((cheat) => !isOnDevice(cheat)))('blocked: $title', async (cheat) => {
  const [report] = await attackAll(ground, () => undefined, { cheats: [cheat] })
  expect(report, JSON.stringify(report)).toMatchObject({ blocked: true, fault: null })
  expect(report.reason).not.toBe('')
})

test.each(CHEATS.filter(isOnDevice))(`blocked on a device: $title${hasDriver ? '' : ' (skipped without one: no WebGPU adapter)'}`, async (cheat) => {
  const [report] = await attackAll(ground, () => undefined, { cheats: [cheat] })
  const isSkipped = !hasDriver && report.by === 'no GPU'
  expect(report, JSON.stringify(report)).toMatchObject({ blocked: isSkipped ? null : true, fault: null })
})

test('a wall that is missing is told from one that stands', async () => {
  const honest = await ground.describe(HONEST)
  const letThrough = [
    await refused(ground.describe(HONEST), /./),
    await refused(Promise.reject(new Error('another failure')), /^program\.graph$/),
    await unreachable(ground.describe(HONEST)),
    await unreachable(Promise.reject(new Error('reached: fetch'))),
    await unscored(ground.run(honest), /./),
    await withoutEffect(ground, HONEST.replace('lr: 0.01', 'lr: 0.02')),
    sameScore(await ground.run(honest), { ...(await ground.honest()), valBpb: 1 }, 'the same'),
  ]
  for (const finding of letThrough) expect(finding, JSON.stringify(finding)).toMatchObject({ blocked: false })
  const { verdict } = await ground.replay(await ground.receipt())
  expect(verdict).toBe('bit-identical')
})

test('a cheat that breaks the lab is a fault, not a success, and the round goes on', async () => {
  const faulty: Cheat = { ...CHEATS[0], id: 'faulty', attempt: () => Promise.reject(new TypeError('undefined is not a function')) }
  const seen: Report[] = []
  const reports = await attackAll(ground, (report) => seen.push(report), { cheats: [faulty, CHEATS[0]] })
  expect(reports.map(({ blocked, fault }) => [blocked, fault !== null])).toEqual([[false, true], [true, false]])
  expect(seen).toEqual(reports)
})
