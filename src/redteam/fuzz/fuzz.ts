// Many hostile inputs, one after the other, against the box and the border. Whatever comes, the answer is a program
// that would be sized, or a refusal by name, within the deadline; nothing is left behind.

import { LabError } from '../../core/errors'
import { Rng } from '../../core/rng'
import type { ProgramSpec } from '../../graph/program'

export type FuzzKind = 'programs' | 'graphs'

/** What is attacked; the real parts, set up by the caller. */
export interface FuzzTarget {
  describe(source: string): Promise<ProgramSpec>
  hear(message: unknown): Promise<ProgramSpec>
  /** bytes that an accepted program would take. @throws LabError program.* where it cannot be had */
  size(program: ProgramSpec): number
}

export interface FuzzTally {
  kind: FuzzKind
  tried: number
  accepted: number
  /** refusals by code */
  refused: Record<string, number>
  /** inputs after which something was left behind, that took too long, or that failed without a name; with what came of them */
  escapes: string[]
  hangs: string[]
  unnamed: string[]
  slowestMs: number
}

/** A box's worker is ended after 5 s (sandbox/workerBox.ts); past this it was not. */
const HANG_MS = 10_000
const REFUSALS = /^(program|sandbox)\./

/**
 * Tries `count` inputs. Reproducible: input i of a seed is always the same.
 * @param make input i from its own random numbers
 */
export async function fuzz(
  kind: FuzzKind,
  count: number,
  seed: number,
  target: FuzzTarget,
  make: (rng: Rng) => string,
  onProgress: (done: number) => void = () => undefined,
): Promise<FuzzTally> {
  const tally: FuzzTally = { kind, tried: 0, accepted: 0, refused: {}, escapes: [], hangs: [], unnamed: [], slowestMs: 0 }
  const before = globalNames()
  for (let i = 0; i < count; i++) {
    const input = make(new Rng(seed, `${kind}/${i}`))
    const begun = performance.now()
    try {
      const program = kind === 'programs' ? await target.describe(input) : await target.hear(`described\n${input}`)
      const bytes = target.size(program)
      if (!Number.isFinite(bytes) || bytes <= 0) tally.unnamed.push(`${kind} ${i}: its size is ${bytes}`)
      tally.accepted++
    } catch (thrown) {
      const { code, message } = LabError.from(thrown)
      tally.refused[code] = (tally.refused[code] ?? 0) + 1
      if (!REFUSALS.test(code) || message === '') tally.unnamed.push(`${kind} ${i}: ${code}: ${message}`)
    }
    const ms = performance.now() - begun
    tally.slowestMs = Math.max(tally.slowestMs, ms)
    if (ms > HANG_MS) tally.hangs.push(`${kind} ${i}: ${Math.round(ms)} ms`)
    if (globalNames() !== before) tally.escapes.push(`${kind} ${i}: ${globalNames()}`)
    tally.tried++
    onProgress(i + 1)
  }
  return tally
}

/** What every object inherits, and what is global: a program that changed either has got out. */
function globalNames(): string {
  const inherited = [Object.prototype, Array.prototype, Function.prototype, String.prototype].map((proto) => Reflect.ownKeys(proto).length)
  return `${inherited.join()} ${Reflect.ownKeys(globalThis).length}`
}
