// A whole training step with activations stored as f16, as a GPU would run it: against the float64 oracle within what
// f16 keeps of a number, one step and ten.

import { expect, it } from 'vitest'
import { Rng } from '../core/rng'
import type { ParamGroup, ProgramSpec } from '../graph/program'
import { nanochatGraph } from '../graph/sampleGraphs'
import { inferShapes } from '../graph/shapes'
import { lossAndGradients } from '../reference/model'
import { startTraining, trainStep } from '../reference/trainStep'
import { planModel } from './planner'
import { onDevice } from './backends/webgpu/executor'
import { Session } from './session'
import { measurePrecision } from './tune/precision'
import { clockOfSteps, describeGpu, expectClose, openDevice } from './testing/dawn'

const V = 20
const [B, T] = [2, 8]
const graph = nanochatGraph({ V, C: 24, H: 4, KV: 2, D: 8, hidden: 40, windows: [3], gateChannels: 8, softcap: 15 })
const STEP = { lr: 1, weightDecay: 1, momentum: null }

function requestOf(lr: number) {
  const params = graph.params.map((p) => p.name)
  const group: ParamGroup = { params, rule: 'adamw', lr, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0.9 }
  const program: ProgramSpec = {
    version: 1, batch: { rows: B, context: T, accumulate: 1 }, training: { clip: 0, ema: 0 }, graph, groups: [group],
    schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] },
  } // prettier-ignore
  return { program, shapes: inferShapes(graph, V), vocab: V, evaluation: { context: T, tokens: B * T } }
}

/** A GPU with small register tiles: drivers that compile on the CPU take most of a minute over larger ones. */
async function gpuCaps() {
  const { device, caps } = await openDevice()
  const gpu = { ...caps, software: false }
  const keys = planModel(requestOf(0), gpu).train.commands.flatMap(({ kernel }) => kernel.tunable?.key ?? [])
  return { device, caps: { ...gpu, choices: Object.fromEntries(keys.map((key) => [key, 'software 4x4 4x1'])) } }
}

/** A session with f16 activations and its weights as the oracle wants them. */
async function open(lr: number) {
  const { device, caps } = await gpuCaps()
  const request = requestOf(lr)
  const session = await Session.open(onDevice(device), { ...caps, half: true }, request, 7)
  const arena = await session.weights()
  const { entries } = session.plan.arena
  const params = Object.fromEntries(entries.map((e) => [e.spec.name, Float64Array.from(arena.subarray(e.offset, e.offset + e.size))]))
  return { session, entries, params, program: request.program }
}

function draw(rng: Rng) {
  const tokens = () => Int32Array.from({ length: B * T }, () => rng.int(V))
  return { tokens: tokens(), targets: tokens() }
}

describeGpu(
  'training with f16 activations',
  () => {
    it('loss and gradients match the oracle within what f16 keeps', async () => {
      const { session, entries, params } = await open(0)
      expect(session.plan.precision).toBe('f16')
      const batch = draw(new Rng(4))
      const expected = lossAndGradients(graph, params, batch.tokens, batch.targets, { B, T })
      await session.step([batch], { step: 1, ...STEP })
      const losses = await session.drain()
      expectClose(losses, [expected.loss], { atol: 0, rtol: 2e-3, seed: 7, name: 'loss' })
      expect(losses[0]).not.toBe(Math.fround(expected.loss))
      const gradients = await session.gradients()
      for (const { spec, offset, size } of entries) {
        const reference = expected.gradients[spec.name]
        const scale = reference.reduce((top, g) => Math.max(top, Math.abs(g)), 1e-6)
        expectClose(gradients.subarray(offset, offset + size), reference, { atol: 2e-2 * scale, rtol: 0, seed: 7, name: spec.name })
      }
      session.destroy()
    })

    it('ten steps follow the oracle, and give the same bits twice', async () => {
      const run = async () => {
        const { session, params, program } = await open(0.01)
        const state = startTraining(program, params)
        const rng = new Rng(9)
        const losses: number[] = []
        const expected: number[] = []
        for (let step = 1; step <= 10; step++) {
          const batch = draw(rng)
          losses.push(...(await session.step([batch], { step, ...STEP })))
          expected.push(trainStep(program, state, [batch], { progress: 0 }).loss)
        }
        losses.push(...(await session.drain()))
        session.destroy()
        return { losses: Float32Array.from(losses), expected }
      }
      const { losses, expected } = await run()
      expectClose(losses, expected, { atol: 0, rtol: 1e-2, seed: 9, name: 'losses' })
      expect((await run()).losses).toEqual(losses)
    })

    it('is tried beside f32: chosen or not by its time, never if its losses differ', async () => {
      const { device, caps } = await gpuCaps()
      for (const [msOfSession, chosen] of [[[4, 2], 'f16'], [[2, 4], 'f32']] as const) {
        const { now, end } = clockOfSteps(device, msOfSession)
        expect(await measurePrecision({ device, caps }, requestOf(0.01), Infinity, now)).toBe(chosen)
        end()
      }
    })

    it('takes less memory, and scores and samples in f32', async () => {
      const { caps } = await openDevice()
      const planOf = (half: boolean) => planModel(requestOf(0.01), { ...caps, software: false, half })
      const [full, half] = [planOf(false), planOf(true)]
      expect(half.activations.peakBytes).toBeLessThan(full.activations.peakBytes)
      expect(half.score.commands.map((c) => c.kernel.code)).toEqual(full.score.commands.map((c) => c.kernel.code))
      expect(half.probe.commands.map((c) => c.kernel.code)).toEqual(full.probe.commands.map((c) => c.kernel.code))
      expect(half.train.commands.some((c) => c.kernel.code.startsWith('enable f16;'))).toBe(true)
    })
  },
  'shader-f16',
)
