// Dispatches kept short: under a rate so low that no dispatch may hold more than one workgroup, every kernel there is runs
// in as many pieces as it has workgroups, and computes the same bits.

import { expect, it } from 'vitest'
import { Rng } from '../core/rng'
import type { ModelGraph } from '../graph/ir'
import type { ParamGroup, ProgramSpec } from '../graph/program'
import { layoutGraph, nanochatGraph, sequenceGraph } from '../graph/sampleGraphs'
import { onDevice } from './backends/webgpu/executor'
import type { Capabilities, Kernel } from './kernel'
import { matmul, matmulKey, type MatmulShape } from './kernels/matmul'
import { convWeightGrad } from './kernels/sequence'
import type { ModelPlan } from './planner'
import { dispatchLimits } from './rates'
import { splitLong } from './splitLong'
import { describeGpu, expectClose, openDevice, runLowering } from './testing/dawn'
import { drawBatch, outcomeOf } from './testing/outcome'

/** What no adapter is: nothing fits into a dispatch. */
const SNAIL = { gflops: 1e-9, gbps: 1e-9 }

const [rows, context] = [2, 128]

function programOf(graph: ModelGraph): ProgramSpec {
  const names = graph.params.map((p) => p.name)
  const isMatrix = (name: string) => /layer\d\.(q|k|v|out|up|down)$/.test(name)
  const group = (rule: 'muon' | 'adamw', params: string[]): ParamGroup => ({
    params, rule, lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, momentum: 0.9,
  }) // prettier-ignore
  const groups = [group('muon', names.filter(isMatrix)), group('adamw', names.filter((n) => !isMatrix(n)))].filter((g) => g.params.length > 0)
  const batch = { rows, context, accumulate: 2 }
  return { version: 1, batch, training: { clip: 0.1, ema: 0.9 }, graph, groups, schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] } }
}

const SIZE = { V: 64, C: 32, H: 2, KV: 1, D: 16, hidden: 64, gateChannels: 8, softcap: 15 }
type Named = [name: string, graph: ModelGraph, V: number]
const GRAPHS: Named[] = [
  ['the ported recipe', nanochatGraph({ ...SIZE, windows: [16, 16, 16] }), SIZE.V],
  ['layout and arithmetic among parameters', layoutGraph(), 5],
  ['ops that look back', sequenceGraph(), 5],
]

const shaders = Object.keys(import.meta.glob('../../shaders/*.wgsl')).map((path) => /(\w+)\.wgsl$/.exec(path)![1])

const kernelsOf = ({ train, score, probe }: ModelPlan): Kernel[] => [train, score, probe].flatMap(({ commands }) => commands.map(({ kernel }) => kernel))
const groupsOf = ({ workgroups: [x, y, z] }: Kernel) => x * y * z
const shaderOf = ({ code }: Kernel) => shaders.find((name) => code.includes(`// ${name}:`))!

/** Shaders of which a kernel ran in at least two pieces. */
const cut = new Set<string>()

function noteCut(kernels: readonly Kernel[]): void {
  for (const kernel of kernels) if (kernel.bindings.at(-1)!.access === 'uniform') cut.add(shaderOf(kernel))
}

/** Trains, scores and samples with dispatches of any length and of one workgroup. */
async function compare(graphs: readonly Named[], caps: Capabilities): Promise<Kernel[]> {
  const { device } = await openDevice()
  const pieces: Kernel[] = []
  for (const [name, graph, V] of graphs) {
    const program = programOf(graph)
    const rng = new Rng(3)
    const batches = [0, 1].map(() => [drawBatch(rng, rows * context, V), drawBatch(rng, rows * context, V)])
    const whole = await outcomeOf({ ...onDevice(device), caps }, program, V, batches)
    const short = await outcomeOf({ ...onDevice(device), caps: { ...caps, peaks: SNAIL } }, program, V, batches)
    for (const field of ['losses', 'gradients', 'weights', 'nats', 'logits'] as const)
      expectClose(short[field], whole[field], { atol: 0, rtol: 0, seed: 3, name: `${name}: ${field}` })
    const total = (plan: ModelPlan, of: (kernel: Kernel) => number) => kernelsOf(plan).reduce((sum, kernel) => sum + of(kernel), 0)
    expect(Math.max(...kernelsOf(short.plan).map(groupsOf))).toBe(1)
    expect(kernelsOf(short.plan)).toHaveLength(total(whole.plan, groupsOf))
    expect(total(short.plan, ({ flops = 0 }) => flops)).toBeCloseTo(total(whole.plan, ({ flops = 0 }) => flops), 0)
    pieces.push(...kernelsOf(short.plan))
  }
  noteCut(pieces)
  return pieces
}

const TILED: MatmulShape[] = [
  { orient: 'NN', M: 130, N: 72, K: 160, accumulate: true },
  { orient: 'NT', M: 64, N: 64, K: 96, batch: { count: 3, a: 64 * 96, b: 64 * 96, c: 64 * 64 }, symmetric: true },
]

describeGpu('dispatches kept short', () => {
  it('every kernel of a software adapter: as many pieces as workgroups, the same bits', async () => {
    const { caps } = await openDevice()
    await compare(GRAPHS, caps)
  })

  it('every kernel of a GPU: as many pieces as workgroups, the same bits', async () => {
    const { caps } = await openDevice()
    // the products' own tiles would take minutes to compile for every shape of a model: the next test has some
    const choices = new Proxy({}, { get: () => 'software 4x4 4x1' })
    const layer: Named = ['one layer', nanochatGraph({ ...SIZE, windows: [16] }), SIZE.V]
    const pieces = await compare([layer], { ...caps, software: false, choices })
    const binds = (product: string, binding: string) => pieces.some(({ name, bindings }) => name === product && bindings.some((b) => b.name === binding))
    expect([binds('matmul_nt', 'e0'), binds('matmul_nn', 'e0'), binds('matmul_tn', 'scale')]).toEqual([true, true, true])
  })

  it('products in workgroup memory, split and stacked, and sums along a row: the same bits', async () => {
    const { caps } = await openDevice()
    const gpu = { ...caps, software: false }
    const lowerings = TILED.map((shape) => {
      const choices = { [matmulKey(shape)]: `tiled 32x32 4x4 k16 s${shape.symmetric ? 1 : 2}` }
      const lowering = matmul(shape, { ...gpu, choices })
      return { lowering, bytes: lowering.kernels[0].tunable!.bytes }
    })
    const conv = { B: 2, T: 256, C: 48, K: 3 }
    lowerings.push({ lowering: convWeightGrad({ ...conv, accumulate: true }, gpu), bytes: { dOut: 98_304, x: 98_304, dW: 576 } })
    for (const { lowering, bytes } of lowerings) {
      const rng = new Rng(6)
      const tensors = Object.fromEntries(Object.entries(bytes).map(([name, size]) => [name, Float32Array.from({ length: size / 4 }, () => rng.normal())]))
      const short = splitLong(lowering, (name) => bytes[name] ?? 0, dispatchLimits({ ...gpu, peaks: SNAIL }))
      expect(Math.max(...short.kernels.map(groupsOf))).toBe(1)
      const [actual, expected] = [await runLowering(short, tensors, 2), await runLowering(lowering, tensors, 2)]
      for (const name of Object.keys(bytes))
        expectClose(new Float32Array(actual[name]), new Float32Array(expected[name]), { atol: 0, rtol: 0, seed: 6, name: `${short.kernels[0].name}: ${name}` })
      noteCut(short.kernels)
    }
  })

  it('leaves no shader out', () => {
    // one workgroup adds up the norm of the gradients; what measures an adapter's peak has as much to do as it wants
    expect([...cut].sort()).toEqual(shaders.filter((name) => name !== 'grad_norm_final' && name !== 'peak_arithmetic').sort())
  })
})

it('cuts in equal boxes, no more than it must, and leaves what is short as it is', () => {
  const code = '@compute @workgroup_size(8, 4)\nfn main(@builtin(global_invocation_id) id: vec3u) {}'
  const kernel: Kernel = { name: 'k', code, bindings: [{ name: 'x', access: 'read_write' }], workgroups: [10, 6, 4], flops: 2400 }
  const pieces = (flops: number, slowness = 1) => splitLong({ kernels: [{ ...kernel, slowness }] }, () => 0, { flops, bytes: 1 }).kernels
  expect(pieces(2400)).toEqual([{ ...kernel, slowness: 1 }])
  expect(pieces(1200).map(({ workgroups }) => workgroups)).toEqual([[10, 6, 2], [10, 6, 2]]) // prettier-ignore
  expect(pieces(1200, 2).map(({ workgroups, flops }) => [workgroups, flops])).toEqual(Array(4).fill([[10, 6, 1], 600]))
  // two rows and three rows: as few pieces as can be, as equal as can be
  expect(pieces(590).map(({ workgroups }) => workgroups[1])).toEqual(Array(8).fill(3))
  expect(pieces(70).map(({ workgroups }) => workgroups)).toEqual(Array(48).fill([5, 1, 1]))
  expect(pieces(1)).toHaveLength(240)
  expect(pieces(1200)[1].bindings.at(-1)).toEqual({ name: 'piece 0,0,2 of 10,6,4', access: 'uniform' })
  expect(pieces(1200)[1].code).toContain('let id = idOfPiece + dispatchPiece.first * vec3u(8,  4, 1);')
})
