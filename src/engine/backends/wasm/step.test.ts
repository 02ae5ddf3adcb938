// Whole tapes against the float64 oracle: loss, every gradient, and steps of training by every rule.

import { expect, it } from 'vitest'
import { Rng } from '../../../core/rng'
import { buildTape } from '../../../graph/autodiff'
import type { ModelGraph } from '../../../graph/ir'
import type { ParamGroup, ProgramSpec, RuleName } from '../../../graph/program'
import { elementwiseGraph, fusionGraph, layoutGraph, nanochatGraph, sequenceGraph } from '../../../graph/sampleGraphs'
import { inferShapes } from '../../../graph/shapes'
import { lossAndGradients } from '../../../reference/model'
import { startTraining, trainStep } from '../../../reference/trainStep'
import { BUILDS } from '../../testing/wasm'
import { WasmStep } from '../../testing/wasmStep'
import { compileKernels } from './module'

const NANOCHAT = { V: 20, C: 24, H: 4, KV: 2, D: 8, hidden: 40, windows: [3, 0], gateChannels: 8, softcap: 15 }
const relaxed = BUILDS.at(-1)!

const group = (rule: RuleName, params: string[], lr: number, weightDecay = 0): ParamGroup => ({
  params, rule, lr, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay, momentum: 0.9,
}) // prettier-ignore

async function open(graph: ModelGraph, groups: ParamGroup[], B: number, T: number, V: number, clip = 0) {
  const program: ProgramSpec = {
    version: 1, batch: { rows: B, context: T, accumulate: 1 }, training: { clip, ema: 0 }, graph, groups,
    schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] },
  } // prettier-ignore
  const tape = buildTape(graph, inferShapes(graph, V), B, T, { kind: 'train', first: true, accumulate: 1 })
  const step = new WasmStep(await compileKernels(false, relaxed), program, tape)
  const rng = new Rng(5)
  const params: Record<string, Float64Array> = {}
  for (const { name, init } of graph.params) {
    const std = init.kind === 'normal' ? init.std : 0.3
    params[name] = Float64Array.from(step.param(name).map(() => (init.kind === 'constant' ? init.value : 0) + std * rng.normal()))
    step.param(name).set(params[name])
    params[name] = Float64Array.from(step.param(name))
  }
  const batch = () => {
    const draw = () => Int32Array.from({ length: B * T }, () => rng.int(V))
    return { tokens: draw(), targets: draw() }
  }
  return { program, step, params, batch }
}

/** Largest difference relative to the largest element. */
function relativeError(actual: Float32Array, expected: Float64Array): number {
  let [scale, worst] = [1e-6, 0]
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]))
    const off = Math.abs(actual[i] - expected[i])
    worst = Number.isNaN(off) ? Infinity : Math.max(worst, off)
  }
  return worst / scale
}

const graphs: [string, ModelGraph, number][] = [
  ['every elementwise op', elementwiseGraph(), 5],
  ['layout, norms, arithmetic among parameters', layoutGraph(), 5],
  ['ops that look back', sequenceGraph(), 5],
  ['everything that is fused', fusionGraph(), 20],
  ['the ported recipe', nanochatGraph(NANOCHAT), 20],
]
for (const [name, graph, V] of graphs)
  it(`${name}: loss and every gradient match the oracle`, async () => {
    // the oracle's dropout is the identity
    for (const node of graph.nodes) if (node.op === 'dropout') node.attrs.rate = 0
    const [B, T] = [3, 7]
    const { step, params, batch } = await open(graph, [group('sgd', graph.params.map((p) => p.name), 0)], B, T, V) // prettier-ignore
    const { tokens, targets } = batch()
    const expected = lossAndGradients(graph, params, tokens, targets, { B, T })
    expect(Math.abs((await step.run(tokens, targets)) - expected.loss)).toBeLessThan(1e-5 * Math.max(1, expected.loss))
    for (const { name: param } of graph.params)
      expect(relativeError(step.param(param, 'grads'), expected.gradients[param]), `gradient of ${param}`).toBeLessThan(2e-4)
  })

const RULES: [string, (names: string[], matrices: string[]) => ParamGroup[], number][] = [
  ['muon and adamw', (names, matrices) => [group('muon', matrices, 0.02, 0.2), group('adamw', names, 0.01, 0.1)], 0],
  ['lion', (names, matrices) => [group('lion', [...names, ...matrices], 0.002, 0.1)], 0],
  ['sgd, clipped', (names, matrices) => [group('sgd', [...names, ...matrices], 0.05, 0.01)], 0.5],
  ['muon, clipped', (names, matrices) => [group('muon', matrices, 0.02), group('adamw', names, 0.01)], 0.1],
]
for (const [name, groups, clip] of RULES)
  it(`five steps of ${name} follow the oracle`, async () => {
    const graph = nanochatGraph(NANOCHAT)
    const names = graph.params.map((p) => p.name)
    const isMatrix = (param: string) => /layer\d\.(q|k|v|out|up|down|gate)$/.test(param)
    const own = groups(names.filter((n) => !isMatrix(n)), names.filter(isMatrix)) // prettier-ignore
    const { program, step, params, batch } = await open(graph, own, 2, 8, NANOCHAT.V, clip)
    const state = startTraining(program, params)
    for (let n = 1; n <= 5; n++) {
      const one = batch()
      const loss = await step.run(one.tokens, one.targets)
      await step.update(n)
      expect(Math.abs(loss - trainStep(program, state, [one], { progress: 0 }).loss), `loss ${n}`).toBeLessThan(2e-3)
    }
    for (const param of names) {
      // sign-like rules turn rounding into whole steps where a gradient is all but zero: hence a mean
      const moved = params[param].reduce((sum, w, i) => sum + Math.abs(state.params[param][i] - w), 0)
      const off = step.param(param).reduce((sum, w, i) => sum + Math.abs(state.params[param][i] - w), 0)
      expect(off, `${param} after five steps`).toBeLessThan(0.02 * moved + 1e-5)
    }
  })
