// The locked box: source text of train.js in, a parsed ProgramSpec out, and nothing else either way.

import type { Tier } from '../judge/types'
import type { ProgramSpec } from '../graph/program'

/** All that a program may know about where it will run. */
export interface BoxRequest {
  source: string
  vocab: number
  tier: Tier
}

/** A literal in the source that a classical optimiser may rewrite: `const NAME = knob(value, {...})`. */
export interface Knob {
  name: string
  value: number | string | boolean
  /** int and log are [min, max]; pow2 is [min, max] snapped to powers of two; oneOf lists categories */
  space:
    | { kind: 'int'; min: number; max: number }
    | { kind: 'linear'; min: number; max: number }
    | { kind: 'log'; min: number; max: number }
    | { kind: 'pow2'; min: number; max: number }
    | { kind: 'oneOf'; options: (number | string | boolean)[] }
  /** plays a part only while each of these knobs, declared before it, plays one and has one of these values */
  when?: Record<string, (number | string | boolean)[]>
  /** 1-based line, and the character range of the literal in the source */
  line: number
  start: number
  end: number
}

export interface Box {
  /**
   * Runs the program under a deadline and a memory limit and returns its strict, shape-checked description.
   * @throws LabError program.syntax | program.graph | sandbox.timeout | sandbox.memory | sandbox.forbidden | sandbox.output
   */
  describe(request: BoxRequest): Promise<ProgramSpec>
  close(): void
}
