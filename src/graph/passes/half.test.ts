import { describe, expect, it } from 'vitest'
import { buildTape } from '../autodiff'
import { nanochatGraph } from '../sampleGraphs'
import { inferShapes } from '../shapes'
import { bytesOf, opTensors, type Tape, type TensorId } from '../tape'
import { chunkHead } from './chunkHead'
import { halfActivations } from './half'
import { recompute } from './recompute'

const V = 37
const graph = nanochatGraph({ V, C: 24, H: 4, KV: 2, D: 8, hidden: 40, windows: [3, 0], gateChannels: 8, softcap: 15 })

function trainingTape(B = 2, T = 8): Tape {
  return buildTape(graph, inferShapes(graph, V), B, T, { kind: 'train', first: true, accumulate: 1 })
}

/** Tensors that an op writes, by the position of the first op that does. */
function madeAt(tape: Tape): Map<TensorId, number> {
  const made = new Map<TensorId, number>()
  for (const [at, op] of tape.ops.entries()) {
    const { writes, updates } = opTensors(op)
    for (const id of [...writes, ...updates]) if (!made.has(id)) made.set(id, at)
  }
  return made
}

describe('which activations are stored as f16', () => {
  it('those of the forward pass; not logits, statistics, gradients, parameters, inputs or results', () => {
    const tape = halfActivations(trainingTape())
    const end = tape.ops.findIndex((op) => op.kind === 'crossEntropy')
    const made = madeAt(tape)
    for (const [id, tensor] of tape.tensors.entries()) {
      if (!tensor.half) continue
      expect(tensor.role, tensor.name).toBe('activation')
      expect(made.get(id), tensor.name).toBeLessThan(end)
    }
    const names = (half: boolean) => new Set([...made.keys()].filter((id) => Boolean(tape.tensors[id].half) === half).map((id) => tape.tensors[id].name))
    for (const name of ['attention', 'embedding']) expect(names(true)).toContain(name)
    expect(names(false)).toContain('attention/lse')
    for (const op of tape.ops) {
      if (op.kind === 'crossEntropy') expect(tape.tensors[op.logits].half).toBeUndefined()
      if (op.kind === 'rmsScale') expect(tape.tensors[op.output].half).toBeUndefined()
      if (op.kind === 'matmul' && op.scale !== undefined) expect(tape.tensors[op.scale].half).toBeUndefined()
      if (op.kind === 'attentionGrad') for (const id of [op.dQ, op.dK, op.dV, op.dOut]) expect(tape.tensors[id].half).toBeUndefined()
    }
  })

  it('most of what the forward pass keeps, so that memory falls', () => {
    const before = trainingTape()
    const after = halfActivations(before)
    const end = before.ops.findIndex((op) => op.kind === 'crossEntropy')
    const forward = [...madeAt(before)].filter(([, at]) => at < end).map(([id]) => id)
    const sum = (tape: Tape) => forward.reduce((n, id) => n + bytesOf(tape.tensors[id]), 0)
    expect(sum(after)).toBeLessThan(0.7 * sum(before))
    expect(after.tensors.some((t, id) => t.half && before.tensors[id].half)).toBe(false)
    expect(bytesOf({ ...before.tensors[0], size: 5, half: true })).toBe(12)
  })

  it('nothing where nothing is trained', () => {
    for (const kind of ['score', 'logits'] as const) {
      const tape = buildTape(graph, inferShapes(graph, V), 2, 8, { kind })
      expect(halfActivations(tape)).toBe(tape)
    }
  })

  it('later passes hand the mark on: to copies computed again, and to views, which begin at multiples of 256 bytes', () => {
    const again = recompute(halfActivations(trainingTape()), 2)
    const half = (tape: Tape) => tape.tensors.filter((t) => t.half).length
    expect(half(again)).toBeGreaterThan(half(halfActivations(trainingTape())))
    const cut = chunkHead(halfActivations(trainingTape(32, 64)), 64 * 1024)
    const views = cut.tensors.filter((t) => t.view)
    expect(views.length).toBeGreaterThan(0)
    for (const { view, half: mark } of views) {
      expect(mark).toBe(cut.tensors[view!.of].half)
      expect((view!.offset * (mark ? 2 : 4)) % 256).toBe(0)
    }
    expect(views.some((t) => t.half)).toBe(true)
  })
})
