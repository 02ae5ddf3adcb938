// From a lab to a bounty: a draft that is in order, what is wrong with one, and the spec that a draft comes to.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import { checkText } from '../data/documents'
import { newSecret } from '../bounty/escrow/seal'
import { heldOutHash } from '../bounty/office/heldOut'
import { bountySpec, MOST_HELD_OUT_BYTES, problemsOf } from '../bounty/spec/schema'
import type { BountySpec, PublicKey } from '../bounty/types'
import type { BountyDraft } from './bountyProtocol'
import type { LabParts } from './labParts'

const DAY_SECONDS = 86_400
/** A gain worth paying for: a fiftieth of the score, and never less than three times what cannot be told apart. */
const TARGET_SHARE = 0.02
const LEAST_TOLERANCE_BPB = 0.002
const BLOCK_SECONDS = 600
/** room to claim, on both sides of the re-check */
const SPARE_BLOCKS = 24
const LEAST_CLTV = 144

/** Before which nobody could hand in anything */
const LEAST_OPEN_SECONDS = 60

/** A set and what hides it until the reveal. */
export interface HeldOutSet {
  text: Uint8Array
  salt: string
}

/** The lab, its best program and that program's score. @throws LabError "lab.state" where nothing has been measured */
async function measuredLab({ ledger, repository }: Pick<LabParts, 'ledger' | 'repository'>, labId: string) {
  const lab = await ledger.loadLab(labId)
  if (!lab) throw new LabError('lab.state', 'This lab is not in this browser.', { hint: 'Choose another.' })
  const rows = await ledger.listExperiments(labId)
  const best = rows.find(({ number }) => number === lab.incumbent)
  if (!best) throw new LabError('lab.state', 'Nothing has been measured in this lab yet.', { hint: 'Start it, and let it measure its baseline: that is what a bounty improves on.' })
  const { 'train.js': trainJs } = await repository(labId).read(best.commit)
  return { lab, best, trainJs }
}

/** A draft with every field in order but the held-out text, which nobody but the sponsor can give. */
export async function draftOf(parts: LabParts, labId: string, now: number): Promise<BountyDraft> {
  const { lab, best } = await measuredLab(parts, labId)
  const { budget } = lab.task
  const tokens = budget.kind === 'tokens' ? budget.amount : (best.measurements?.tokens ?? 100_000)
  const toleranceBpb = round(Math.max(LEAST_TOLERANCE_BPB, 2 * (lab.sigmaBpb ?? 0)))
  const stabilityDelaySeconds = 3600
  return {
    title: `Improve ${lab.name}`.slice(0, 120),
    description: '',
    about: { labId },
    targetImprovementBpb: round(Math.max(TARGET_SHARE * (best.valBpb ?? 1), 3 * toleranceBpb)),
    poolSat: 1000,
    slices: 10,
    nowShare: 0.8,
    stabilityDelaySeconds,
    deadline: now + 7 * DAY_SECONDS,
    escrow: 'sliced',
    money: 'play',
    tokens,
    seeds: 3,
    toleranceBpb,
    rules: { maxDiffBytes: 20_000, maxDiffLines: 400, forbidden: [], maxSubmissionsPerKey: 3, maxSimilarity: 0.9 },
    lock: lockFor(stabilityDelaySeconds),
    coordinatorFeePercent: 0,
    accessFeeSat: 0,
    materialsUrl: null,
    verifiers: [],
    heldOut: [],
  }
}

/**
 * A draft of one's own with the terms of a bounty.json. What they cannot bring is left to be chosen: the held-out text, of
 * which a file has the hash alone; the verifiers, who agreed to another bounty; and a deadline that has passed (NaN).
 * @throws LabError "bounty.invalid" where the program is not the one that its hash names
 */
export async function draftFrom(spec: BountySpec, now: number): Promise<BountyDraft> {
  const { task, baseline, verifiers, deadline } = spec
  if ((await sha256(baseline.trainJs)) !== baseline.sha256) {
    throw new LabError('bounty.invalid', 'The program in this bounty is not the one that its hash names: one of them was changed.', { hint: 'Ask for the file again.' })
  }
  return {
    ...spec,
    about: { task, baseline, verifiers },
    tokens: task.budget.amount,
    deadline: deadline > now + LEAST_OPEN_SECONDS ? deadline : NaN,
    verifiers: null,
    heldOut: [],
  }
}

/** A lock that outlasts the re-check, at ten minutes a block, and is no longer than three times that. */
function lockFor(stabilityDelaySeconds: number): BountySpec['lock'] {
  const minCltv = Math.max(LEAST_CLTV, Math.ceil(stabilityDelaySeconds / BLOCK_SECONDS) + SPARE_BLOCKS)
  return { minCltv, maxCltv: Math.min(2016, 3 * minCltv) }
}

/**
 * The spec that a draft comes to, and its held-out sets with fresh salts.
 * @param sponsor judges itself where the draft names no verifier
 */
async function specOf(draft: BountyDraft, parts: LabParts, sponsor: PublicKey): Promise<{ spec: BountySpec; sets: HeldOutSet[] }> {
  const { about, tokens, heldOut, verifiers, ...rest } = draft
  const { task, baseline } = 'labId' in about ? await ofLab(parts, about.labId) : about
  const sets = heldOut.map(({ bytes }) => ({ text: new Uint8Array(bytes), salt: newSecret() }))
  const spec: BountySpec = {
    version: 1,
    ...rest,
    task: { ...task, budget: { kind: 'tokens', amount: tokens } },
    targetFiles: ['train.js'],
    baseline,
    verifiers: verifiers && verifiers.length > 0 ? verifiers : [sponsor],
    heldOut: sets.map(({ text, salt }) => ({ sha256: heldOutHash(text, salt), bytes: text.length })),
  }
  return { spec, sets }
}

/** The lab's task as anybody can measure it, with a seed of the verifier's and at any speed; its best program as the baseline. */
async function ofLab(parts: LabParts, labId: string): Promise<Pick<BountySpec, 'task' | 'baseline'>> {
  const { lab, best, trainJs } = await measuredLab(parts, labId)
  const { seed: _, guards, ...rest } = lab.task
  const { maxWallSeconds, maxBytes } = guards
  return { task: { ...rest, guards: { maxWallSeconds, maxBytes } }, baseline: { trainJs, sha256: await sha256(trainJs), valBpb: best.valBpb } }
}

/** Sentences on what is wrong with a draft; empty where nothing is. */
export async function draftProblems(draft: BountyDraft, parts: LabParts, sponsor: PublicKey, now: number): Promise<string[]> {
  const { spec, sets } = await specOf(draft, parts, sponsor)
  const { dataset } = spec.task
  const said = problemsOf(spec)
  if (draft.verifiers === null) said.push('The verifiers: choose who judges.')
  if (draft.deadline <= now + LEAST_OPEN_SECONDS) said.push('The deadline: must be in the future.')
  if (dataset.kind === 'text' && draft.materialsUrl === null)
    said.push('The data: the task is about a file of yours, which nobody else has. Say where it is (materials), or use a text with an address.')
  for (const [i, { text }] of sets.entries()) {
    const problem = textProblem(text, spec)
    if (problem !== null) said.push(`Held-out text ${i + 1} (${draft.heldOut[i].name.slice(0, 80)}): ${problem}`)
  }
  if (new Set(await Promise.all(sets.map(({ text }) => sha256(text)))).size < sets.length) said.push('The held-out text: two of them are the same.')
  return said
}

function textProblem(text: Uint8Array, { task }: BountySpec): string | null {
  if (text.length > MOST_HELD_OUT_BYTES) return `has ${text.length} bytes; at most ${MOST_HELD_OUT_BYTES} can be sent.`
  const least = 4 * task.evaluation.context
  if (text.length < least) return `has ${text.length} bytes; a score needs at least ${least}.`
  try {
    checkText(text, 'the held-out text')
    return null
  } catch (thrown) {
    return LabError.from(thrown).message
  }
}

/** @throws LabError "bounty.invalid" naming what is wrong */
export async function checkedSpec(draft: BountyDraft, parts: LabParts, sponsor: PublicKey, now: number): Promise<{ spec: BountySpec; sets: HeldOutSet[] }> {
  const problems = await draftProblems(draft, parts, sponsor, now)
  if (problems.length > 0) throw new LabError('bounty.invalid', `The bounty is not in order. ${problems.join(' ')}`, { hint: 'Mend these fields, then post it.' })
  const { spec, sets } = await specOf(draft, parts, sponsor)
  return { spec: bountySpec.parse(spec), sets }
}

const round = (bpb: number) => Number(bpb.toPrecision(2))
