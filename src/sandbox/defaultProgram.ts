// The program every lab starts from: one file for students, with its sizes set for the adapter it will run on.

import programText from '../../public/programs/program.md?raw'
// oxlint-disable-next-line import/default -- ?raw gives the file's text
import trainText from '../../public/programs/train.js?raw'
import type { Tier } from '../judge/types'
import { setKnobs } from './knobs'
import type { KnobValue } from './knobs'

/**
 * Sizes for which a step takes a fraction of a second: about 1 GFLOP on a CPU that emulates a GPU (some 6 GFLOP/s),
 * 40 GFLOP on an integrated GPU, 500 GFLOP on a discrete one. Rates are the recipe's; they scale with the width.
 */
const SIZES: Record<Tier, Record<string, KnobValue>> = {
  software: { DEPTH: 3, WIDTH: 64, HEAD_DIM: 32, ROWS: 4, CONTEXT: 128 },
  integrated: { DEPTH: 4, WIDTH: 256, HEAD_DIM: 64, ROWS: 8, CONTEXT: 256 },
  discrete: { DEPTH: 6, WIDTH: 384, HEAD_DIM: 64, ROWS: 16, CONTEXT: 512 },
}

/** The default train.js for an adapter's tier: public/programs/train.js with that tier's sizes. */
export function defaultProgram(tier: Tier): string {
  return setKnobs(trainText, SIZES[tier])
}

/** The default program.md: goal, rules and taste, for the person to edit. */
export function defaultProgramMd(): string {
  return programText
}
