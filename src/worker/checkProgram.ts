// A program looked at before it is queued: described in the box, sized, never trained.

import { LabError } from '../core/errors'
import type { TokenizerSpec } from '../data/types'
import type { AdapterInfo } from '../judge/types'
import type { Box } from '../sandbox/contract'
import { findKnobs } from '../sandbox/knobs'
import type { ProgramCheck } from './protocol'

/** Vocabulary of the byte tokenizer: 256 bytes and four specials. */
export const BYTE_VOCAB = 260

/** Runs train.js in the box and sizes it; the failure is the answer, not an exception. */
export async function checkProgram(box: Box, adapter: AdapterInfo, trainJs: string, tokenizer: TokenizerSpec): Promise<ProgramCheck> {
  const vocab = tokenizer.kind === 'bytes' ? BYTE_VOCAB : tokenizer.vocab
  try {
    const { predictBytes } = await import('../engine/predict') // the kernels, to size them
    const program = await box.describe({ source: trainJs, vocab, tier: adapter.tier })
    const { rows, context, accumulate } = program.batch
    const evaluation = { context, tokens: rows * context }
    return {
      ok: true,
      error: null,
      knobs: findKnobs(trainJs),
      paramCount: program.graph.params.reduce((sum, { shape }) => sum + shape.reduce((n, d) => n * d, 1), 0),
      predictedBytes: predictBytes(program, { vocab, adapter, evaluation }),
      tokensPerStep: rows * context * accumulate,
    }
  } catch (thrown) {
    const error = LabError.from(thrown).toJSON()
    return { ok: false, error, knobs: [], paramCount: 0, predictedBytes: 0, tokensPerStep: 0 }
  }
}
