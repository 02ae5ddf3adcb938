import { describe, expect, it } from 'vitest'
import { initialValues } from '../engine/initial'
import { openWasmEngine } from '../engine/testing/wasmEngine'
import type { PageContestant } from './benchBrowser'
import { runCeiling } from './benchCeiling'
import { randomBatch, Timed, type Batch, type Contestant } from './benchContestant'
import { comparisonProgram, COMPARISON } from './benchModels'
import { ourContestant } from './benchOurs'
import { median, race, type Lengths } from './benchRun'
import { matmulRate, reportText } from './benchTable'

const setup = { program: comparisonProgram(), vocab: COMPARISON.V, seed: 1 }
const lengths: Lengths = { starts: 3, turns: 3, slowTurns: 1, turnMs: 10, matmulMs: 1, limitMs: 200 }

/** A contestant that answers what it is told and writes down who was called. */
function entry(name: string, losses: number[], stepMs: number, log: string[]) {
  const answers: Record<string, unknown> = { losses: { losses: losses.slice(1), dispatches: 7 }, round: stepMs, matmul: 2 }
  const open = async (): Promise<PageContestant> => ({
    load: async () => undefined,
    first: async () => ({ ms: 5, adapter: 'paper', loss: losses[0] }),
    call: async (method, ..._) => {
      if (method === 'round') log.push(name)
      return answers[method] as never
    },
    close: async () => void log.push(`${name} closed`),
  })
  return { name, open }
}

describe('the race', () => {
  it('takes turns, and neither times nor hides a contestant that computes another model', async () => {
    const log: string[] = []
    const entries = [entry('ours', [3, 2.9, 2.8], 10, log), entry('peer', [3, 2.9, 2.8005], 40, log), entry('other', [3, 2.9, 2.7], 1, log)]
    const rows = await race(entries, setup, lengths, true, () => undefined)
    const turns = log.filter((line) => !line.endsWith('closed'))
    expect(turns).toEqual(['ours', 'peer', 'ours', 'peer', 'ours', 'peer'])
    expect(log.filter((line) => line === 'ours closed')).toHaveLength(3)
    expect(rows.map((row) => row.stepMs)).toEqual([10, 40, null])
    expect(rows[2].note).toContain('another model')
    expect(matmulRate(rows[0])).toBeCloseTo(2)
    const model = { model: 'm', gflopPerStep: 1, tokensPerStep: 1024, rows }
    const machine = { cpu: 'c', cores: 2, node: '20', chromium: null }
    const text = reportText({ machine, lengths, ceiling: { gflops: 100, threads: 2, fused: true }, models: [model], leftOut: [] })
    expect(text).toMatch(/peer +0\.250/)
    expect(text).toContain('other: the next steps: computes another model')
  })

  it('goes on when one fails, and closes one that hangs', async () => {
    const log: string[] = []
    const broken = { name: 'broken', open: () => Promise.reject(new Error('no adapter')) }
    const hanging = entry('hanging', [1, 1, 1], 3, log)
    const open = async () => ({ ...(await hanging.open()), call: () => new Promise<never>(() => undefined) })
    const rows = await race([broken, { name: 'hanging', open }, entry('ours', [1, 1, 1], 3, [])], setup, lengths, false, () => undefined)
    expect(rows.map(({ note, stepMs }) => [note, stepMs])).toEqual([
      ['first step: no adapter', null],
      ['the next steps: not finished after 0.2 s', null],
      [null, 3],
    ])
    expect(log.filter((line) => line === 'hanging closed')).toHaveLength(3)
  })

  it('begins everyone afresh several times, each time in the opposite order', async () => {
    const opened: string[] = []
    const entries = ['a', 'b'].map((name) => {
      const { open } = entry(name, [1, 1, 1], 3, [])
      return { name, open: () => (opened.push(name), open()) }
    })
    await race(entries, setup, lengths, false, () => undefined)
    expect(opened).toEqual(['a', 'b', 'b', 'a', 'a', 'b'])
  })

  it('takes the middle one', () => {
    expect([median([3, 1, 2]), median([4, 1])]).toEqual([2, 2.5])
  })
})

describe('what everyone is given', () => {
  it('is the same weights as our engine draws, and the same batches', async () => {
    const ours = ourContestant(() => openWasmEngine(1, true))
    await ours.open(setup)
    const { plan } = ours.session()
    const weights = await ours.session().weights()
    const given = [...initialValues(setup.program.graph, setup.seed)]
    expect(given.map(({ name }) => name)).toEqual(setup.program.graph.params.map(({ name }) => name))
    for (const { name, values } of given) {
      const { offset, size } = plan.arena.byName.get(name)!
      expect(Buffer.compare(Buffer.from(weights.slice(offset, offset + size).buffer), Buffer.from(values.buffer)), name).toBe(0)
    }
    expect(randomBatch(setup, 2)).toEqual(randomBatch(setup, 2))
    expect(randomBatch(setup, 2)).not.toEqual(randomBatch(setup, 3))
  })

  it('is text by its bytes, each followed by the next; bits are nats ÷ ln 2', async () => {
    const seen: Batch[] = []
    const contestant: Contestant = {
      open: async () => 'paper',
      step: async (batch) => void seen.push(batch),
      sync: () => new Promise((done) => setTimeout(done, 2, 0)),
      score: async () => Math.LN2 * 3,
      product: () => Promise.reject(new Error('none')),
    }
    const train = Uint8Array.from({ length: 5000 }, (_, i) => i % 251)
    const learnt = await new Timed(contestant).learn(setup, { train, val: train }, 0.02)
    expect(learnt.valBpb).toBeCloseTo(3)
    expect(learnt.steps).toBe(seen.length)
    expect(learnt.seconds).toBeGreaterThanOrEqual(0.02)
    for (const { tokens, targets } of seen) expect([...targets]).toEqual([...tokens].map((token) => (token + 1) % 251))
  })
})

describe('the ceiling', () => {
  it('is a module that runs', () => {
    expect(runCeiling(1).gflops).toBeGreaterThan(0.1)
  })
})
