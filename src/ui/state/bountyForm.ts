// What a draft would mean, before anything is promised: who is paid how much for which gain, and what can happen.

import type { BountyDraft } from '../../worker/bountyProtocol'
import { releaseOf, sliceAmountsMsat } from '../../worker/bountyFacts'
import { satText } from './bountyMoney'
import { blocksText } from './bountyWords'
import { duration } from './format'

export interface Payout {
  /** share of the target that is reached, 0 … 1 */
  ratio: number
  nowMsat: number
  laterMsat: number
  backMsat: number
}

type Terms = Pick<BountyDraft, 'escrow' | 'poolSat' | 'slices' | 'nowShare' | 'targetImprovementBpb'>

const RATIOS = [0.25, 0.5, 1]

/** What a first submission would earn at a quarter, at half and at all of the target. */
export function payoutsOf(terms: Terms): Payout[] {
  if (!(terms.poolSat >= 1) || !(terms.slices >= 1) || terms.slices > 50) return []
  // without escrow there is nothing to slice, but what is earned is counted in slices all the same
  const amounts = sliceAmountsMsat(terms)
  const sum = (from: number, to: number) => amounts.slice(from, to).reduce((total, amount) => total + amount, 0)
  return RATIOS.map((ratio) => {
    const { now, later } = releaseOf(terms, ratio, amounts.length)
    const [nowMsat, laterMsat] = [sum(0, now), sum(now, now + later)]
    return { ratio, nowMsat, laterMsat, backMsat: terms.poolSat * 1000 - nowMsat - laterMsat }
  })
}

/** What the sponsor promises, a sentence each. */
export function promisesOf(draft: BountyDraft): string[] {
  const play = draft.money === 'play'
  const delay = draft.stabilityDelaySeconds === 0 ? 'at once' : `after ${duration(draft.stabilityDelaySeconds)}`
  const later = Math.round((1 - draft.nowShare) * 100)
  return [
    `Up to ${satText(draft.poolSat * 1000, play)} for ${draft.targetImprovementBpb} bits per byte less than the baseline, in proportion to what is gained over the best before.`,
    later > 0 && `${later} % of what is earned is held back, and paid when the verifiers have measured it again ${delay}.`,
    draft.coordinatorFeePercent > 0 && `${draft.coordinatorFeePercent} % of what is earned goes to the verifiers, on top of the pool.`,
    draft.accessFeeSat > 0 && `A hunter pays ${satText(draft.accessFeeSat * 1000, play)} for the materials.`,
    judgesOf(draft),
  ].filter((line) => line !== false)
}

function judgesOf({ verifiers }: BountyDraft): string {
  if (verifiers === null) return 'Who judges is not chosen yet.'
  if (verifiers.length === 0) return 'You judge it yourself. Everybody is told: “Trusted sponsor”.'
  return `${verifiers.length === 1 ? 'The verifier you name measures' : `The ${verifiers.length} verifiers you name measure`}; what they release, you cannot take back.`
}

/** What can happen to the money, the unpleasant included. */
export function risksOf(draft: BountyDraft): string[] {
  if (draft.escrow === 'unescrowed') {
    return [
      'Nothing leaves your wallet before a score is in; then one bill comes, which you are asked about.',
      'Hunters know that you may walk away, so fewer will show good work.',
    ]
  }
  const parts = draft.escrow === 'lump' ? 'in two payments' : `in ${draft.slices} payments of ${satText((draft.poolSat / draft.slices) * 1000, draft.money === 'play')}`
  return [
    `When somebody hands in work, what is left of the pool is locked ${parts}. You are asked first.`,
    `While it is locked it may look frozen in your wallet, for ${blocksText(draft.lock.maxCltv)} at most. Then it returns by itself, whatever anybody does.`,
    'A payment that is released cannot be taken back. Each one buys you the program it is for.',
    'What was not earned comes back as soon as the score is known.',
  ]
}

/** Room to claim after the re-check, in blocks of ten minutes; wallets give a held payment back some 20 blocks early. */
const SPARE_BLOCKS = 48

/** Another delay before the re-check; the locks are made to outlast it. */
export function delayed({ lock }: Pick<BountyDraft, 'lock'>, stabilityDelaySeconds: number): Pick<BountyDraft, 'stabilityDelaySeconds' | 'lock'> {
  const minCltv = Math.max(lock.minCltv, Math.ceil(stabilityDelaySeconds / 600) + SPARE_BLOCKS)
  return { stabilityDelaySeconds, lock: { minCltv, maxCltv: Math.max(lock.maxCltv, minCltv) } }
}
