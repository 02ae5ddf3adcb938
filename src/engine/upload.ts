// What the host writes before a pass lies in one range of one buffer. This is the host's image of such a range:
// its parts are filled in place, and it is sent with one write.

import type { BufferRange } from './bufferPool'
import { sortTokens } from './kernels/embedding'
import type { InputRanges } from './planner'

interface InputViews {
  tokens: Int32Array
  targets: Int32Array | null
  order: Uint32Array | null
  starts: Uint32Array | null
}

/** Inputs of the passes that share one range, and whatever else lies there. */
export class Upload {
  readonly range: BufferRange
  readonly image: Int32Array
  /** one entry per micro-batch */
  readonly inputs: InputViews[]

  constructor(range: BufferRange, inputs: readonly InputRanges[]) {
    this.range = range
    this.image = new Int32Array(range.bytes / 4)
    this.inputs = inputs.map(({ tokens, targets, order, starts }) => ({
      tokens: this.ints(tokens),
      targets: targets && this.ints(targets),
      order: order && this.uints(order),
      starts: starts && this.uints(starts),
    }))
  }

  ints({ offset, bytes }: BufferRange): Int32Array {
    return new Int32Array(this.image.buffer, offset, bytes / 4)
  }

  uints({ offset, bytes }: BufferRange): Uint32Array {
    return new Uint32Array(this.image.buffer, offset, bytes / 4)
  }

  floats({ offset, bytes }: BufferRange): Float32Array {
    return new Float32Array(this.image.buffer, offset, bytes / 4)
  }

  /**
   * Fills in one micro-batch, and for training the tokens' positions sorted by token.
   * @throws LabError "program.graph" for a token that no table has a row for
   */
  setInputs(micro: number, tokens: Int32Array, targets: Int32Array | null): void {
    const views = this.inputs[micro]
    views.tokens.set(tokens)
    if (views.targets && targets) views.targets.set(targets)
    if (views.order && views.starts) sortTokens(tokens, views.starts.length - 1, views.order, views.starts)
  }
}
