import { afterAll, beforeAll, expect, test } from 'vitest'
import { Rng } from '../../core/rng'
import { openWasm } from '../../engine/backends/wasm/engine'
import type { Engine } from '../../engine/backends/backend'
import { Session } from '../../engine/session'
import '../../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import { canonicalHash, drawPlaces } from '../../graph/canonical'
import type { ProgramSpec } from '../../graph/program'
import { inferShapes } from '../../graph/shapes'
import { createBox } from '../../sandbox/box'
import type { Box } from '../../sandbox/contract'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { programLength } from '../../sandbox/length'
import { researchContext } from '../context'
import { PROGRAM, scriptedLab, WAYS } from '../testing'
import { createController } from './registry'

const VOCAB = 260
let box: Box
let engine: Engine
beforeAll(async () => {
  box = await createBox()
  engine = await openWasm({ threads: 1, shared: false, spawn: () => { throw new Error('one thread needs no other') } }) // prettier-ignore
})
afterAll(() => {
  box.close()
  engine.destroy()
})

const describe = (source: string) => box.describe({ source, vocab: VOCAB, tier: 'software' })
const propose = (source: string, nextNumber: number) => createController('noop').propose(researchContext(scriptedLab({ nextNumber }), [], source, WAYS))

/** Losses of the first steps, from weights that depend on a parameter's own name. */
async function losses(program: ProgramSpec): Promise<number[]> {
  const request = { program, shapes: inferShapes(program.graph, VOCAB), vocab: VOCAB, evaluation: { context: 32, tokens: 64 } }
  const session = await Session.open(engine, engine.caps, request, 1)
  const weights = new Float32Array(session.plan.arena.total)
  for (const { spec, offset, size } of session.plan.arena.entries) {
    const rng = new Rng(1, spec.name)
    for (let i = 0; i < size; i++) weights[offset + i] = 0.1 * rng.normal()
  }
  session.setWeights(weights)
  const { B, T } = session.plan.train
  const rng = new Rng(2, 'tokens')
  const draw = () => Int32Array.from({ length: B * T }, () => rng.int(256))
  const found: number[] = []
  for (let step = 1; step <= 4; step++) {
    const batch = Array.from({ length: program.batch.accumulate }, () => ({ tokens: draw(), targets: draw() }))
    found.push(...(await session.step(batch, { step, lr: 1, weightDecay: 1, momentum: null })))
  }
  found.push(...(await session.drain()))
  session.destroy()
  return found
}

test('a proposal computes and learns what the incumbent does, and draws other weights', async () => {
  const source = defaultProgram('software')
  const before = await describe(source)
  const proposal = await propose(source, 7)
  const after = await describe(proposal.source)
  expect(await canonicalHash(after)).not.toBe(await canonicalHash(before))
  const [was, is] = [drawPlaces(before.graph), drawPlaces(after.graph)]
  const drawn = before.graph.params.filter(({ init }) => init.kind === 'normal' || init.kind === 'uniform')
  expect(drawn.filter(({ name }) => was.get(name) !== is.get(name)).length).toBeGreaterThan(0)
  const [a, b] = [await losses(before), await losses(after)]
  expect(a.length).toBe(4)
  for (const [i, loss] of a.entries()) expect(b[i]).toBeCloseTo(loss, 5)
  expect(programLength(proposal.source)).toBeGreaterThan(programLength(source)!)
})

test('on top of one another they stay programs, each another', async () => {
  let source = defaultProgram('software')
  const hashes = new Set<string>()
  for (let number = 1; number <= 5; number++) {
    ;({ source } = await propose(source, number))
    hashes.add(await canonicalHash(await describe(source)))
  }
  expect(hashes.size).toBe(5)
})

test('a program without the functions it wraps is refused with advice', async () => {
  await expect(propose(PROGRAM, 1)).rejects.toMatchObject({ code: 'controller.exhausted', message: expect.stringContaining('export function model') })
})
