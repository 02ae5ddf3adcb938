// Who reads and writes each tensor of a tape, and where: what every rewriting pass must know before it moves an op.

import { opTensors, type TapeOp, type TapeTensor, type TensorId } from '../tape'

/** Positions of ops, ascending. An op that updates a tensor both reads and writes it; a view counts as its tensor. */
export class Uses {
  private readonly tensors: readonly TapeTensor[]
  private readonly reads = new Map<TensorId, number[]>()
  private readonly writes = new Map<TensorId, number[]>()
  private readonly viewed: ReadonlySet<TensorId>

  constructor(tensors: readonly TapeTensor[], ops: readonly TapeOp[]) {
    this.tensors = tensors
    this.viewed = new Set(tensors.flatMap((tensor) => (tensor.view ? [tensor.view.of] : [])))
    for (const [at, op] of ops.entries()) {
      const { reads, writes, updates } = opTensors(op)
      this.note(this.reads, [...reads, ...updates], at)
      this.note(this.writes, [...writes, ...updates], at)
    }
  }

  readers(id: TensorId): readonly number[] {
    return this.reads.get(this.base(id)) ?? []
  }

  writers(id: TensorId): readonly number[] {
    return this.writes.get(this.base(id)) ?? []
  }

  /** Whether the tensor is an activation with memory that no other name reaches: one that a pass may do without. */
  own(id: TensorId): boolean {
    const { role, view } = this.tensors[id]
    return role === 'activation' && !view && !this.viewed.has(id)
  }

  /** Whether an op strictly between two positions writes the tensor. */
  writtenBetween(id: TensorId, after: number, before: number): boolean {
    return this.writers(id).some((at) => at > after && at < before)
  }

  private base(id: TensorId): TensorId {
    return this.tensors[id].view?.of ?? id
  }

  private note(map: Map<TensorId, number[]>, ids: readonly TensorId[], at: number): void {
    for (const id of new Set(ids.map((each) => this.base(each)))) {
      const known = map.get(id)
      if (known) known.push(at)
      else map.set(id, [at])
    }
  }
}

/** The ops with some replaced, by none (null), one or several. */
export function rewritten(ops: readonly TapeOp[], changes: ReadonlyMap<number, TapeOp | TapeOp[] | null>): TapeOp[] {
  return ops.flatMap((op, at) => {
    const change = changes.get(at)
    return change === undefined ? op : (change ?? [])
  })
}
