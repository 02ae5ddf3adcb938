// Plans on paper: limits held, memory near the least possible, prediction and plan the same. No device is needed.

import { expect, it } from 'vitest'
import { GraphWriter, nanochatGraph, sequenceGraph } from '../graph/sampleGraphs'
import type { ModelGraph } from '../graph/ir'
import type { ParamGroup, ProgramSpec } from '../graph/program'
import { inferShapes } from '../graph/shapes'
import type { Capabilities } from './kernel'
import { planModel, type ModelPlan } from './planner'
import { predictBytes } from './predict'

const MIB = 2 ** 20

/** What every WebGPU adapter has, and nothing more. */
const DEFAULTS: Capabilities = {
  backend: 'webgpu',
  software: false,
  subgroups: false,
  subgroupMinSize: 0,
  f16: false,
  maxWorkgroupsPerDimension: 65535,
  maxWorkgroupStorageBytes: 16384,
  maxInvocationsPerWorkgroup: 256,
  maxStorageBuffers: 8,
  maxBindingBytes: 128 * MIB,
  maxBufferBytes: 256 * MIB,
}

function program(graph: ModelGraph, batch: ProgramSpec['batch'], muon: RegExp): ProgramSpec {
  const names = graph.params.map((p) => p.name)
  const common = { lr: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0.9 }
  const group = (rule: 'adamw' | 'muon', params: string[]): ParamGroup => ({ params, rule, ...common })
  const groups = [group('adamw', names.filter((n) => !muon.test(n))), group('muon', names.filter((n) => muon.test(n)))].filter((g) => g.params.length > 0)
  return { version: 1, batch, training: { clip: 1, ema: 0.9 }, graph, groups, schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] } }
}

const MATRICES = /layer\d+\.(q|k|v|out|up|down)$/
const sized = (layers: number, C: number, D: number) => {
  const windows = Array.from({ length: layers }, (_, i) => (i % 4 === 3 ? 0 : 1024))
  return nanochatGraph({ V: 8192, C, H: C / D, KV: C / D, D, hidden: 4 * C, windows, gateChannels: 32, softcap: 15 })
}

function plan(spec: ProgramSpec, vocab: number, caps = DEFAULTS, memoryBytes?: number): ModelPlan {
  const { context } = spec.batch
  return planModel({ program: spec, shapes: inferShapes(spec.graph, vocab), vocab, evaluation: { context, tokens: 8 * context }, memoryBytes }, caps)
}

/** What a device would refuse of a plan: the first fault, or null. */
function fault({ buffers, train, score, probe }: ModelPlan, caps: Capabilities): string | null {
  for (const { label, bytes } of buffers) if (bytes > caps.maxBufferBytes) return `${label} has ${bytes} bytes`
  for (const { kernel, ranges } of [...train.commands, ...score.commands, ...probe.commands]) {
    const stored = kernel.bindings.filter(({ access }) => access !== 'uniform').length
    if (stored > caps.maxStorageBuffers) return `${kernel.name} binds ${stored} buffers`
    if (kernel.workgroups.some((n) => n > caps.maxWorkgroupsPerDimension)) return `${kernel.name} has a grid of ${kernel.workgroups.join('×')}`
    for (const [i, range] of ranges.entries()) {
      if (range.bytes > caps.maxBindingBytes || range.offset % 256 !== 0) return `${kernel.name} binds ${range.bytes} bytes at ${range.offset}`
      if (range.offset + range.bytes > buffers[range.buffer].bytes) return `${kernel.name} binds beyond ${buffers[range.buffer].label}`
      for (const [j, other] of ranges.entries()) {
        if (i === j || other.buffer !== range.buffer || kernel.bindings[i].access !== 'read_write') continue
        if (kernel.bindings[j].access !== 'read_write') return `${kernel.name} reads and writes ${buffers[range.buffer].label}`
        if (range.offset < other.offset + other.bytes && other.offset < range.offset + range.bytes) return `${kernel.name} writes a place twice`
      }
    }
  }
  return null
}

it('plans 10 and 50 million parameters at a context of 2048 within the limits of every adapter', () => {
  for (const [layers, C, D, millions] of [[6, 192, 64, 10], [8, 512, 128, 50]]) {
    const spec = program(sized(layers, C, D), { rows: 4, context: 2048, accumulate: 2 }, MATRICES)
    const made = plan(spec, 8192)
    expect(Math.floor(made.arena.paramCount / 1e6)).toBe(millions)
    expect(fault(made, DEFAULTS)).toBeNull()
    expect(made.activations.bytes).toBeLessThan(1.1 * made.activations.peakBytes)
    // an arena that exceeds a binding is updated in ranges, any other at once
    const updates = made.train.commands.filter(({ kernel }) => kernel.name === 'update_elementwise').length
    if (made.arena.total * 4 <= DEFAULTS.maxBindingBytes) expect(updates).toBe(1)
    else expect(updates).toBeGreaterThan(1)
    const longest = Math.max(...made.train.commands.map(({ kernel }) => kernel.flops ?? 0))
    expect(longest / 50e9).toBeLessThan(0.3)
  }
})

it('refuses an arena or a tensor that the adapter cannot give, and says how much it was', () => {
  const spec = program(sized(8, 512, 128), { rows: 1, context: 256, accumulate: 1 }, MATRICES)
  const small = { ...DEFAULTS, maxBindingBytes: 64 * MIB, maxBufferBytes: 128 * MIB }
  expect(() => plan(spec, 8192, small)).toThrow(expect.objectContaining({ code: 'program.memory', data: expect.objectContaining({ limit: 128 * MIB }) }))
  const tiny = { ...DEFAULTS, maxBindingBytes: 8 * MIB }
  expect(() => plan(spec, 8192, tiny)).toThrow(expect.objectContaining({ code: 'program.memory', data: expect.objectContaining({ limit: 8 * MIB }) }))
})

it('computes activations again in as few pieces as a budget asks for, and refuses what no number of them allows', () => {
  const spec = program(sized(6, 192, 64), { rows: 4, context: 512, accumulate: 1 }, MATRICES)
  const whole = plan(spec, 8192)
  expect(whole.segments).toBe(1)
  let last = whole
  for (const share of [0.95, 0.8]) {
    const budget = Math.floor(share * whole.totalBytes)
    const less = plan(spec, 8192, DEFAULTS, budget)
    expect(less.totalBytes).toBeLessThanOrEqual(budget)
    expect(less.segments).toBeGreaterThanOrEqual(Math.max(2, last.segments))
    expect(less.train.commands.length).toBeGreaterThan(whole.train.commands.length)
    expect(fault(less, DEFAULTS)).toBeNull()
    last = less
  }
  const refusal = { code: 'program.memory', data: expect.objectContaining({ limit: 64 * MIB }) }
  expect(() => plan(spec, 8192, DEFAULTS, 64 * MIB)).toThrow(expect.objectContaining(refusal))
})

it('predicts what it plans', () => {
  const tied = new GraphWriter()
  const table = tied.param('table', 256, 32)
  tied.op('linear', [tied.rmsNorm(tied.op('embedding', [table, tied.op('tokens', [])])), table])
  const graphs: [ModelGraph, number][] = [[sequenceGraph(), 5], [tied.finish(tied.nodes.length - 1), 256], [sized(2, 64, 32), 8192]]
  for (const [graph, vocab] of graphs) {
    const spec = program(graph, { rows: 2, context: 64, accumulate: 3 }, MATRICES)
    const caps = { ...DEFAULTS, software: true, subgroups: true, subgroupMinSize: 4 }
    const made = plan(spec, vocab, caps)
    expect(fault(made, caps)).toBeNull()
    const adapter = { caps }
    expect(predictBytes(spec, { vocab, adapter, evaluation: { context: 64, tokens: 512 } })).toBe(made.totalBytes)
  }
})
