// Lays ops on a tape and keeps count of gradients: an activation's contributions are summed when its turn
// comes, a parameter's go straight into the gradient arena.

import type { Shape } from './ir'
import { product } from './opDef'
import type { ElementwiseStep, Tape, TapeOp, TapeTensor, TensorId } from './tape'

/** Where a gradient is written: a fresh tensor, or a parameter's range of the gradient arena. */
export interface Destination {
  tensor: TensorId
  accumulate: boolean
}

export class TapeBuilder {
  readonly B: number
  readonly T: number
  readonly rows: number
  readonly tensors: TapeTensor[] = []
  readonly ops: TapeOp[] = []
  readonly io: Tape['io'] = { tokens: -1, targets: -1, order: -1, starts: -1, nats: -1, loss: -1, logits: -1 }
  /** set by the autodiff pass */
  readonly needsGrad = new Set<number>()
  private readonly contributions = new Map<number, TensorId[]>()
  private readonly params = new Map<number, string>()
  private readonly gradTensors = new Map<string, TensorId>()
  private readonly writtenGrads = new Set<string>()
  /** false in evaluation: dropout is then the identity */
  readonly training: boolean
  /** gradients are added to what earlier micro-batches left */
  private readonly accumulateGrads: boolean

  constructor(B: number, T: number, options: { training: boolean; accumulateGrads: boolean }) {
    this.B = B
    this.T = T
    this.rows = B * T
    this.training = options.training
    this.accumulateGrads = options.accumulateGrads
  }

  /** Adds a tensor of a concrete shape. */
  tensor(shape: readonly number[], name: string, role: TapeTensor['role'] = 'activation'): TensorId {
    this.tensors.push({ shape: [...shape], size: product(shape), role, name })
    return this.tensors.length - 1
  }

  /** Concrete shape of a node: [B·T, ...dims] or [...dims]. */
  concrete(shape: Shape): number[] {
    return shape.batch ? [this.rows, ...shape.dims] : [...shape.dims]
  }

  emit(op: TapeOp): void {
    this.ops.push(op)
  }

  param(nodeIndex: number, name: string, shape: readonly number[]): TensorId {
    this.params.set(nodeIndex, name)
    const existing = this.tensors.findIndex((t) => t.role === 'param' && t.name === name)
    return existing >= 0 ? existing : this.tensor(shape, name, 'param')
  }

  /**
   * One elementwise primitive; fused with its neighbours later.
   * @param inputShapes shapes lined up with `shape` (same rank, 1 where broadcast); default: nothing is broadcast
   */
  elementwise(
    fn: string,
    inputs: TensorId[],
    shape: readonly number[],
    options: { constants?: number[]; into?: Destination; name?: string; inputShapes?: (readonly number[])[] } = {},
  ): TensorId {
    const output = options.into?.tensor ?? this.tensor(shape, options.name ?? fn)
    const step: ElementwiseStep = { fn, args: inputs.map((_, i) => i) }
    if (options.constants) step.constants = options.constants
    const inputShapes = options.inputShapes ?? inputs.map(() => shape)
    const accumulate = options.into?.accumulate ?? false
    this.emit({ kind: 'elementwise', inputs, inputShapes, output, shape, steps: [step], accumulate })
    return output
  }

  needs(nodeIndex: number): boolean {
    return this.needsGrad.has(nodeIndex)
  }

  /** The place to write the gradient of node `index` (shape given), registered as one of its contributions. */
  destination(index: number, shape: readonly number[], name: string): Destination {
    const param = this.params.get(index)
    if (param !== undefined) {
      const accumulate = this.accumulateGrads || this.writtenGrads.has(param)
      this.writtenGrads.add(param)
      return { tensor: this.gradTensor(param, shape), accumulate }
    }
    const tensor = this.tensor(shape, name)
    this.register(index, tensor)
    return { tensor, accumulate: false }
  }

  /** Adds an existing tensor (a view of dOut, say) to the gradient of node `index`. */
  contribute(index: number, tensor: TensorId): void {
    const param = this.params.get(index)
    if (param === undefined) return this.register(index, tensor)
    const shape = this.tensors[tensor].shape
    this.elementwise('identity', [tensor], shape, { into: this.destination(index, shape, param) })
  }

  /** Sum of all contributions to node `index`, or null when nothing flows into it. */
  gradient(index: number): TensorId | null {
    const parts = this.contributions.get(index)
    if (!parts) return null
    return parts.reduce((a, b) => this.elementwise('add', [a, b], this.tensors[a].shape, { name: 'dSum' }))
  }

  /** Parameters whose gradient some op has written. */
  gradNames(): Set<string> {
    return this.writtenGrads
  }

  private register(index: number, tensor: TensorId): void {
    const parts = this.contributions.get(index)
    if (parts) parts.push(tensor)
    else this.contributions.set(index, [tensor])
  }

  private gradTensor(name: string, shape: readonly number[]): TensorId {
    let tensor = this.gradTensors.get(name)
    if (tensor === undefined) {
      tensor = this.tensor(shape, name, 'grad')
      this.gradTensors.set(name, tensor)
    }
    return tensor
  }
}
