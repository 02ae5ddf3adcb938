// The board: what everybody can know of a bounty from its public messages.

import { attestedBpb, medianOf, releaseOf, sliceAmountsMsat } from '../escrow/terms'
import type { EventId, Message, Phase, PublicKey, Score, Verdict } from '../types'
import type { Listing } from './mail'

/** What the public messages about a bounty say, by those whose word counts. */
export interface PublicRecord {
  isClosed: boolean
  revealed: Set<number>
  /** on the first held-out set */
  baselines: Record<PublicKey, Score>
  /** in the order in which they came here */
  commits: { commit: EventId; author: PublicKey; at: number }[]
  scores: Map<EventId, Record<Phase, Record<PublicKey, Score | null>>>
  /** of the first verifier in the spec's order that has given one */
  verdicts: Map<EventId, Record<Phase, Verdict | null>>
}

/** Reads the messages about one bounty; what somebody says who is not asked counts for nothing. */
export function publicRecord({ author: sponsor, spec }: Listing, messages: readonly Message[]): PublicRecord {
  const record: PublicRecord = { isClosed: false, revealed: new Set(), baselines: {}, commits: [], scores: new Map(), verdicts: new Map() }
  const given = new Map<EventId, Record<Phase, Record<PublicKey, Verdict>>>()
  for (const { author, body, id, createdAt } of messages) {
    const isVerifier = spec.verifiers.includes(author)
    if (body.kind === 'close' && author === sponsor) record.isClosed = true
    if (body.kind === 'reveal' && author === sponsor) record.revealed.add(body.set)
    if (body.kind === 'baseline' && isVerifier && body.score.heldOutSet === 0) record.baselines[author] ??= body.score
    if (body.kind === 'commit') record.commits.push({ commit: id, author, at: createdAt })
    if (body.kind === 'score' && isVerifier) entry(record.scores, body.commit)[body.phase][author] ??= body.score
    if (body.kind === 'verdict' && isVerifier) entry(given, body.commit)[body.phase][author] ??= body.verdict
  }
  for (const [commit, verdicts] of given) {
    const lead = (phase: Phase) => spec.verifiers.map((key) => verdicts[phase][key]).find((verdict) => verdict !== undefined) ?? null
    record.verdicts.set(commit, { first: lead('first'), stability: lead('stability') })
  }
  return record
}

function entry<T>(map: Map<EventId, Record<Phase, Record<PublicKey, T>>>, commit: EventId): Record<Phase, Record<PublicKey, T>> {
  const known = map.get(commit) ?? { first: {}, stability: {} }
  map.set(commit, known)
  return known
}

export interface ListingFacts {
  id: EventId
  author: PublicKey
  createdAt: number
  spec: Listing['spec']
  isOpen: boolean
  bestBpb: number | null
  leftSat: number | null
  submissions: number
}

/** Best attested on held-out text, and what is left of the pool: released and reserved slices taken off. */
export function listingFacts(listing: Listing, messages: readonly Message[], now: number): ListingFacts {
  const { id, author, createdAt, spec } = listing
  const { isClosed, baselines, commits, verdicts } = publicRecord(listing, messages)
  const baseline = medianOf(Object.values(baselines).map(({ heldOutBpb }) => heldOutBpb))
  const total = sliceAmountsMsat(spec).length
  let best = baseline ?? Infinity
  let leftMsat = spec.poolSat * 1000
  for (const { first, stability } of verdicts.values()) {
    if (!first) continue
    best = Math.min(best, attestedBpb(first, stability) ?? Infinity)
    const { now: released, later } = releaseOf(spec, first.ratio, total)
    const reserved = sliceAmountsMsat(spec).slice(released, released + later).reduce((sum, amount) => sum + amount, 0)
    leftMsat -= first.amountMsat + (stability ? stability.amountMsat : reserved)
  }
  return {
    id, author, createdAt, spec, isOpen: !isClosed && now <= spec.deadline, bestBpb: best === Infinity ? null : best,
    leftSat: baseline === null ? null : Math.max(0, Math.floor(leftMsat / 1000)), submissions: commits.length,
  } // prettier-ignore
}
