// A lab without git, rows and runs, for this folder's tests: controllers against landscapes whose truth is known.

import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import { hashString, Rng } from '../../core/rng'
import type { Experiment } from '../../history/types'
import { decide } from '../../judge/keepRule'
import { estimateNoise } from '../../judge/noise'
import type { Knob } from '../../sandbox/contract'
import { findKnobs } from '../../sandbox/knobs'
import type { Knobs, Landscape } from '../testing'
import { landscapeOf, scriptedLab, WAYS } from '../testing'
import type { Controller, ResearchContext } from '../types'
import { toUnit } from './space'

export const valuesOf = (source: string): Knobs => Object.fromEntries(findKnobs(source).map((knob) => [knob.name, knob.value]))

/** A row as the loop would write it. */
export function row(number: number, knobs: Knobs, change: Partial<Experiment> = {}): Experiment {
  return {
    labId: 'lab-1', number, status: 'discard', proposer: 'evolution', hypothesis: '', description: '', category: 'lr',
    expectedDelta: null, expectedProbability: null, commit: '', parentCommit: '', parentNumber: number > 0 ? 0 : null,
    createdAt: 0, finishedAt: 0, seeds: [], scores: [2], valBpb: 2, hiddenBpb: null, deltaBpb: 0, reason: '',
    gates: [], measurements: null, error: null, programHash: String(number), knobs, ...change,
  } // prettier-ignore
}

/** What a controller would be given. */
export function context(source: string, history: Experiment[], seed = 1): ResearchContext {
  const lab = scriptedLab({ sigmaBpb: 0.004 })
  const screen = async (text: string) => ({ bpb: new Rng(hashString(text)).uniform(), wallMs: 1 })
  return { ...WAYS, screen, lab, source, knobs: findKnobs(source), history, rng: new Rng(seed, 'test') }
}

/** Experiments as the loop would do them, without git and rows: returns the true score of what was kept, and counts. */
export async function research(controller: Controller, source: string, seed: number, experiments: number, makeTruth: typeof landscapeOf = landscapeOf) {
  const truth = makeTruth(findKnobs(source), seed)
  const noise = new Rng(seed, 'noise')
  const seeds = [0, 1, 2]
  const run = (knobs: Knobs) => truth(knobs) + 0.004 * noise.normal()
  const base = valuesOf(source)
  const scores = seeds.map(() => run(base))
  const history = [row(0, base, { status: 'baseline', scores, programHash: await sha256(source) })]
  let incumbent = history[0]
  let current = source
  let failures = 0
  const hashes = new Set<string>()
  const rule = { kind: 'measured', repeats: 3, floorBpb: 0.001 } as const
  const pairs = (scores: number[]) => scores.map((bpb, i) => ({ seed: seeds[i], bpb }))
  for (let number = 1; number <= experiments; number++) {
    const sigma = estimateNoise(history.map((known) => known.scores))!
    const proposal = await controller.propose({
      ...context(current, history),
      // a short run says roughly what a whole one would
      screen: async (text) => ({ bpb: run(valuesOf(text)) + 0.02 * noise.normal(), wallMs: 1 }),
      rng: new Rng(seed, `propose/${number}`),
    })
    const knobs = valuesOf(proposal.source)
    const hash = await sha256(proposal.source)
    if (hashes.has(hash)) throw new Error(`experiment ${number} repeats another`)
    hashes.add(hash)
    const tried = row(number, knobs, { ...proposal, proposer: controller.name, parentNumber: incumbent.number, programHash: hash, scores: [] })
    try {
      for (;;) {
        tried.scores.push(run(knobs))
        while (incumbent.scores.length < tried.scores.length) incumbent.scores.push(run(incumbent.knobs))
        const compared = { candidate: pairs(tried.scores), incumbent: pairs(incumbent.scores), kept: [], shorter: false }
        const verdict = decide(rule, seeds, compared, sigma, 1000)
        tried.deltaBpb = verdict.deltaBpb
        tried.valBpb = tried.scores.reduce((sum, score) => sum + score, 0) / tried.scores.length
        if (verdict.decision === 'more') continue
        tried.status = verdict.decision
        break
      }
    } catch (thrown) {
      Object.assign(tried, { status: 'crash', deltaBpb: null, valBpb: null, error: LabError.from(thrown).toJSON() })
      failures++
    }
    history.push(tried)
    if (tried.status === 'keep') {
      incumbent = tried
      current = proposal.source
    }
  }
  return { gain: truth(base) - truth(incumbent.knobs), failures, history }
}

/**
 * The bowl of landscapeOf, less kind: numbers act in pairs, so that the best place of one hangs on another; each choice
 * shifts the best place of a number; and rates far above their best place diverge.
 */
export function coupledLandscape(start: readonly Knob[], seed: number): Landscape {
  const bowl = landscapeOf(start, seed)
  const rng = new Rng(seed, 'coupled')
  const numeric = rng.shuffle(start.filter(({ space }) => space.kind !== 'oneOf'))
  const pairs = numeric.slice(1).map((knob, i) => ({ a: numeric[i], b: knob, weight: 0.6 * rng.uniform(), sign: rng.uniform() < 0.5 ? -1 : 1 }))
  const shifts = start
    .filter(({ space }) => space.kind === 'oneOf')
    .map((choice) => ({ choice, knob: rng.pick(numeric), slope: 0.3 * rng.normal() }))
  const moved = (knob: Knob, knobs: Knobs) => toUnit(knob, Number(knobs[knob.name])) - toUnit(knob, Number(knob.value))
  return (knobs) => {
    let bpb = bowl(knobs)
    for (const { a, b, weight, sign } of pairs) bpb += weight * moved(a, knobs) * moved(b, knobs) * sign
    for (const { choice, knob, slope } of shifts) if (knobs[choice.name] !== choice.value) bpb += slope * moved(knob, knobs)
    for (const knob of numeric) if (knob.name.endsWith('LR') && moved(knob, knobs) > 0.35) bpb += 0.8
    return bpb
  }
}
