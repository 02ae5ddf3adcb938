// Which way to look: the table of modes, by the keeps and failures of the last ten tries.

import type { Figures } from './figures'
import type { Guidance } from './types'

/** Tries without a keep, among more than twenty, after which what there is is put together or taken apart. */
const LONG = 20

/** The mode, and the sentence that says why. @param misses how many near misses there are */
export function modeOf({ tries, keepRate, failureRate, sinceBest }: Figures, misses: number): Pick<Guidance, 'mode' | 'reason'> {
  if (keepRate === null || failureRate === null) {
    return { mode: 'explore', reason: `Only ${tries} ${tries === 1 ? 'try' : 'tries'} so far: look around.` }
  }
  const percent = (share: number) => `${Math.round(100 * share)} %`
  if (failureRate > 0.5) {
    return { mode: 'exploit', reason: `${percent(failureRate)} of the last tries failed: stay close to what runs.` }
  }
  if (keepRate === 0 && tries > LONG) {
    const reason = `No keep in ${sinceBest} tries`
    if (misses >= 2) return { mode: 'combine', reason: `${reason}, but ${misses} near misses: put them together.` }
    return { mode: 'ablate', reason: `${reason}, and hardly a near miss: see what can be taken out again.` }
  }
  if (keepRate > 0.3) return { mode: 'exploit', reason: `${percent(keepRate)} of the last tries were kept: go on in this direction.` }
  return { mode: 'explore', reason: `${percent(keepRate)} of the last tries were kept: keep looking around.` }
}
