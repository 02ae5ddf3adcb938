// Successive halving (Jamieson & Talwalkar 2016, with the thirds of Hyperband, Li et al. 2018): many candidates run
// short, the best third runs three times as long, the best third of those is proposed. Candidates are drawn by TPE, as
// in BOHB (Falkner, Klein & Hutter 2018). The short runs are the lab's own and judge nothing: they cost two judged runs
// a proposal, which its row says.

import { LabError } from '../../core/errors'
import type { Controller, ResearchContext, Screening } from '../types'
import { firstNew, phrase, type Diff } from './propose'
import { drawTpe } from './tpe'

const CANDIDATES = 9
/** Shares of the budget; each is followed by the promotion of the best third. */
const RUNGS = [1 / 9, 1 / 3]

interface Candidate {
  diff: Diff
  source: string
}

/** The successive-halving controller. */
export function createHalving(): Controller {
  return {
    name: 'halving',
    async propose(context) {
      const screening: Screening = { candidates: 0, failed: 0, runs: 0, fullRuns: 0, wallMs: 0 }
      let left = await drawCandidates(context)
      screening.candidates = left.length
      for (const share of RUNGS) if (left.length > 1) left = await promote(context, left, share, screening)
      const { diff, source } = left[0]
      const lead = `Best of ${screening.candidates} in short runs`
      return { ...phrase(context, diff, source, screening.runs > 0 ? lead : ''), screening }
    },
  }
}

/** Up to nine new programs; fewer where there are no more. @throws LabError controller.exhausted where there is none */
async function drawCandidates(context: ResearchContext): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  const seen = new Set<string>()
  const draw = drawTpe(context, context.rng)
  while (candidates.length < CANDIDATES) {
    try {
      const candidate = await firstNew(context, (refused) => {
        const diff = draw(refused)
        return diff && !seen.has(keyOf(diff)) ? diff : null
      })
      seen.add(keyOf(candidate.diff))
      candidates.push(candidate)
    } catch (thrown) {
      if (candidates.length === 0 || LabError.from(thrown).code !== 'controller.exhausted') throw thrown
      break
    }
  }
  return candidates
}

const keyOf = (diff: Diff) => JSON.stringify(Object.entries(diff).sort())

/**
 * Runs every candidate for a share of the budget. One that fails is dropped, and no sampler hears of it: a short run
 * can fail of being short.
 * @throws LabError controller.exhausted when all failed
 */
async function promote(context: ResearchContext, candidates: readonly Candidate[], share: number, screening: Screening): Promise<Candidate[]> {
  if (!context.screen) {
    throw new LabError('controller.exhausted', 'Successive halving needs short runs, and this lab has none to give.', {
      hint: 'Choose another researcher.',
    })
  }
  const scored: { candidate: Candidate; bpb: number }[] = []
  let failure: LabError | null = null
  for (const candidate of candidates) {
    context.signal.throwIfAborted()
    screening.runs++
    screening.fullRuns += share
    try {
      const { bpb, wallMs } = await context.screen(candidate.source, share)
      screening.wallMs += wallMs
      scored.push({ candidate, bpb })
    } catch (thrown) {
      if (!(thrown instanceof LabError) || !/^(judge|numeric|gpu|program|sandbox)\./.test(thrown.code)) throw thrown
      failure = thrown
      screening.failed++
    }
  }
  if (failure && scored.length === 0) {
    throw new LabError('controller.exhausted', `All ${candidates.length} candidates failed in their short runs, the last one so: ${failure.message}`, {
      hint: 'Raise the budget, so that a ninth of it is enough to train, or choose another researcher.',
      cause: failure,
    })
  }
  const ranking = scored.sort((a, b) => a.bpb - b.bpb).map(({ candidate }) => candidate)
  return ranking.slice(0, Math.ceil(candidates.length / 3))
}
