// How a cheat shows that it was stopped. A cheat that is let through says so: none of these can only say "blocked".

import { LabError } from '../core/errors'
import type { ProgramSpec } from '../graph/program'
import type { RunResult } from '../judge/types'
import { HONEST } from './programs'
import type { Finding, Ground } from './types'

/** Blocked when `attempt` is refused with one of `codes`; another refusal may hide that the wall is missing. */
export async function refused(attempt: Promise<unknown>, codes: RegExp): Promise<Finding> {
  try {
    await attempt
    return { blocked: false, by: 'nothing', reason: 'It was accepted.' }
  } catch (thrown) {
    const { code, message } = LabError.from(thrown)
    return { blocked: codes.test(code), by: code, reason: message }
  }
}

/** Blocked when none of `names` is there for a program: it throws the list of what it reached. */
export async function unreachable(attempt: Promise<unknown>): Promise<Finding> {
  const { by, reason } = await refused(attempt, /./)
  const reached = /reached: ?(.*)$/.exec(reason)?.[1]?.trim()
  if (reached === '') return { blocked: true, by: 'sandbox', reason: 'None of them is there.' }
  return { blocked: false, by, reason: reached === undefined ? `It ended otherwise: ${reason}` : `It reached ${reached}.` }
}

/** Blocked when the program scores bit for bit what the honest one scores: what it added has no effect. */
export async function withoutEffect(ground: Ground, source: string): Promise<Finding> {
  const [result, honest] = [await ground.run(await ground.describe(source)), await ground.honest()]
  return sameScore(result, honest, 'what the honest program scores, to the last bit')
}

/** Blocked when two programs score the same bits: what the second wants to see is not there. */
export function sameScore(result: RunResult, honest: RunResult, what: string): Finding {
  if (!result.ok) return { blocked: true, by: result.error.code, reason: result.error.message }
  if (!honest.ok) return { blocked: false, by: 'nothing', reason: `The honest program failed: ${honest.error.message}` }
  const same = result.valBpb === honest.valBpb
  const reason = `It scores ${result.valBpb.toFixed(6)} bits per byte: ${same ? '' : 'not '}${what}.`
  return { blocked: same, by: same ? 'no effect' : 'nothing', reason }
}

/** Blocked when the run of an accepted program ends without a score, for one of `codes`. */
export async function unscored(run: Promise<RunResult>, codes: RegExp): Promise<Finding> {
  const result = await run
  if (result.ok) return { blocked: false, by: 'nothing', reason: `It scored ${result.valBpb.toFixed(4)} bits per byte.` }
  const { code, message } = result.error
  return { blocked: codes.test(code), by: code, reason: message }
}

/** What a cheat on a device finds where there is none: custom kernels are refused anyway, but that shows nothing. */
export const NEEDS_GPU: Finding = { blocked: null, by: 'no GPU', reason: 'Custom kernels need a GPU, and there is none here.' }

/** Changes the honest program's description behind the box's back: what a broken box could say. */
export async function forged(ground: Ground, change: (program: ForgedProgram) => void): Promise<string> {
  const program = structuredClone(await ground.describe(HONEST)) as ForgedProgram
  change(program)
  return `described\n${JSON.stringify(program)}`
}

/** A description that anything may be written into. */
export type ForgedProgram = ProgramSpec & Record<string, unknown> & {
  graph: { nodes: { op: string; inputs: number[]; attrs: Record<string, unknown> }[] }
}
