// Cutting one op into several over runs of its rows: how a product whose result would not fit is made piece by piece.
// Pieces read and write views of the same tensors.

import { renameTensors, type TapeOp, type TapeTensor, type TensorId } from '../tape'

/** Views start at multiples of this many elements: the 256 bytes that WebGPU asks of a binding's offset, in f16 too. */
const VIEW_ALIGN = 128

/** Along what an op may be cut. */
export interface Cut {
  /** rows there are */
  rows: number
  /** cuts may fall at multiples of this many rows */
  step: number
  /** tensors that are cut with it, and their elements per row; the others stay whole */
  parts: ReadonlyMap<TensorId, number>
  /** the op over `rows` rows, `from` on; a sum over rows starts with the piece at 0 and is added to by the rest */
  piece(from: number, rows: number): TapeOp
}

/** The rows an op may be cut along, or null where its result depends on all of them at once. */
export function cutOf(op: TapeOp): Cut | null {
  switch (op.kind) {
    case 'elementwise': {
      const [rows, ...rest] = op.shape
      if (!(rows > 1)) return null
      const perRow = rest.reduce((n, d) => n * d, 1)
      const parts: [TensorId, number][] = [[op.output, perRow]]
      for (const [i, id] of op.inputs.entries()) {
        const shape = op.inputShapes[i]
        if (shape[0] === rows) parts.push([id, shape.slice(1).reduce((n, d) => n * d, 1)])
        // a broadcast input of another rank would have to be looked at more closely: none is made today
        else if (shape[0] !== 1 || shape.length !== op.shape.length) return null
      }
      const cutShape = (shape: readonly number[], n: number) => (shape[0] === rows ? [n, ...shape.slice(1)] : shape)
      return made(rows, parts, (_, n) => ({ ...op, shape: [n, ...rest], inputShapes: op.inputShapes.map((s) => cutShape(s, n)) }))
    }
    case 'matmul':
      return op.orient === 'TN' ? cutSum(op) : cutProduct(op)
    case 'embedding':
      return made(op.N, [[op.tokens, 1], [op.output, op.C]], (_, N) => ({ ...op, N })) // prettier-ignore
    case 'norm':
    case 'softmax':
      return made(op.rows, [[op.x, op.C], [op.output, op.C]], (_, rows) => ({ ...op, rows })) // prettier-ignore
    case 'rmsScale':
      return made(op.rows, [[op.x, op.C], [op.output, 1]], (_, rows) => ({ ...op, rows })) // prettier-ignore
    case 'normGrad': {
      const parts: [TensorId, number][] = [[op.dOut, op.C], [op.x, op.C], [op.output, op.C]] // prettier-ignore
      if (op.rstd !== undefined) parts.push([op.rstd, 1])
      return made(op.rows, parts, (_, rows) => ({ ...op, rows }))
    }
    case 'softmaxGrad':
      return made(op.rows, [[op.dOut, op.C], [op.y, op.C], [op.output, op.C]], (_, rows) => ({ ...op, rows })) // prettier-ignore
    case 'reduceSum':
      if (op.outer > 1)
        return made(op.outer, [[op.x, op.reduce * op.inner], [op.output, op.inner]], (_, outer) => ({ ...op, outer })) // prettier-ignore
      return made(op.reduce, [[op.x, op.inner]], (at, reduce) => ({ ...op, reduce, accumulate: op.accumulate || at > 0 }))
    case 'crossEntropy':
      return made(op.N, [[op.logits, op.V], [op.targets, 1], [op.nats, 1]], (_, N) => ({ ...op, N })) // prettier-ignore
    default:
      // ops that see several tokens at once, copies by stride, and dropout, which is told apart by element
      return null
  }
}

type Matmul = Extract<TapeOp, { kind: 'matmul' }>

/** Rows of C: pieces are products of their own. */
function cutProduct(op: Matmul): Cut | null {
  const { M, N, K, epilogue } = op
  const parts: [TensorId, number][] = [[op.a, K], [op.output, N]] // prettier-ignore
  if (op.scale !== undefined) parts.push([op.scale, 1])
  if (!epilogue) return made(M, parts, (_, rows) => ({ ...op, M: rows }))
  for (const [i, id] of epilogue.inputs.entries()) {
    const shape = epilogue.inputShapes[i]
    const size = shape.reduce((n, d) => n * d, 1)
    if (shape[0] === M) parts.push([id, size / M])
    else if (shape[0] !== 1) return null
  }
  if (epilogue.pre !== null) parts.push([epilogue.pre, N])
  const cutShape = (shape: readonly number[], rows: number) => (shape[0] === M ? [rows, ...shape.slice(1)] : shape)
  return made(M, parts, (_, rows) => ({
    ...op,
    M: rows,
    epilogue: { ...epilogue, inputShapes: epilogue.inputShapes.map((s) => cutShape(s, rows)) },
  }))
}

/** The rows that a product sums over: pieces are added up, in order. */
function cutSum(op: Matmul): Cut | null {
  // what an epilogue does, it must do once, to the whole sum
  if (op.epilogue) return null
  const parts: [TensorId, number][] = [[op.a, op.M], [op.b, op.N]] // prettier-ignore
  if (op.scale !== undefined) parts.push([op.scale, 1])
  return made(op.K, parts, (at, K) => ({ ...op, K, accumulate: op.accumulate || at > 0 }))
}

function made(rows: number, parts: [TensorId, number][], piece: Cut['piece']): Cut | null {
  const perRow = new Map<TensorId, number>()
  for (const [id, count] of parts) {
    // one tensor read at two widths has no view that serves both
    if ((perRow.get(id) ?? count) !== count) return null
    perRow.set(id, count)
  }
  const step = Math.max(...[...perRow.values()].map((count) => VIEW_ALIGN / gcd(count, VIEW_ALIGN)))
  return { rows, step, parts: perRow, piece }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

/** Adds to a tape's tensors a view of `size` elements of `id` from `offset` on (elements); the whole is its own view. */
export function viewOf(tensors: TapeTensor[], id: TensorId, offset: number, size: number): TensorId {
  const whole = tensors[id]
  if (offset === 0 && size === whole.size) return id
  const { role, name, half } = whole
  const view = whole.view ? { of: whole.view.of, offset: whole.view.offset + offset } : { of: id, offset }
  tensors.push({ shape: [size], size, role, name, view, ...(half ? { half } : {}) })
  return tensors.length - 1
}

/**
 * One piece of a cut op, on views of its tensors.
 * @param stand what takes the place of a tensor that is not to be viewed: a piece's own buffer
 */
export function pieceOf(
  tensors: TapeTensor[],
  cut: Cut,
  at: number,
  rows: number,
  stand: (id: TensorId) => TensorId | null = () => null,
): TapeOp {
  return renameTensors(cut.piece(at, rows), (id) => {
    const perRow = cut.parts.get(id)
    return perRow === undefined ? id : (stand(id) ?? viewOf(tensors, id, at * perRow, rows * perRow))
  })
}
