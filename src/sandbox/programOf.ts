// The program that came out of a box, read strictly; loaded with the first one.

import type { ProgramSpec } from '../graph/program'
import { inferShapes } from '../graph/shapes'
import { prepareKernels } from '../graph/wgsl/prepare'
import type { BoxAnswer } from './answer'
import type { BoxRequest } from './contract'
import { brokenError, memoryError, outputError, timeoutError, waitingError } from './failures'
import { parseProgram } from './parseProgram'
import { thrownError } from './thrown'

/**
 * The program that an answer describes: parsed strictly, shape-checked, its custom kernels read and rewritten.
 * @throws LabError the failure that the answer tells, or sandbox.output | program.graph when its text is not right
 */
export async function programOf({ kind, text }: BoxAnswer, { vocab }: BoxRequest): Promise<ProgramSpec> {
  switch (kind) {
    case 'described': {
      const program = parseProgram(text)
      const shapes = inferShapes(program.graph, vocab)
      return { ...program, graph: await prepareKernels(program.graph, shapes) }
    }
    case 'thrown':
      throw thrownError(text)
    case 'late':
      throw timeoutError()
    case 'full':
      throw memoryError()
    case 'waiting':
      throw waitingError()
    case 'broken':
      throw brokenError(text.slice(0, 500))
    case 'ready':
      throw outputError('the box answered out of turn')
  }
}
