// Tries every cheat, one after the other, on one ground.

import { LabError } from '../core/errors'
import { CHEATS } from './registry'
import type { Cheat, Ground, Report } from './types'

/** Past this, a cheat has not been stopped: it holds the lab up. */
const LIMIT_MS = 120_000

/**
 * Tries each cheat; a report comes as soon as it is known. Never rejects for what a cheat does.
 * @param signal ends the round after the cheat in progress
 */
export async function attackAll(
  ground: Ground,
  onReport: (report: Report) => void,
  { cheats = CHEATS, signal }: { cheats?: readonly Cheat[]; signal?: AbortSignal } = {},
): Promise<Report[]> {
  const reports: Report[] = []
  for (const cheat of cheats) {
    if (signal?.aborted) break
    const report = await attackOnce(cheat, ground)
    reports.push(report)
    onReport(report)
  }
  return reports
}

async function attackOnce({ attempt, ...facts }: Cheat, ground: Ground): Promise<Report> {
  const begun = performance.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new LabError('sandbox.timeout', `It was not over after ${LIMIT_MS / 1000} s.`)
    timer = setTimeout(() => reject(error), LIMIT_MS)
  })
  const outcome = await Promise.race([attempt(ground), late])
    .then((finding) => ({ ...finding, fault: null }))
    .catch((thrown: unknown) => {
      const error = LabError.from(thrown)
      return { blocked: false, by: 'a fault', reason: error.message, fault: error.toJSON() }
    })
  clearTimeout(timer)
  return { ...facts, ...outcome, ms: performance.now() - begun }
}
