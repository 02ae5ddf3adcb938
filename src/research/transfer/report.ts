// From runs to what can be said: pure functions of the record, so that a report is there after every pair.

import type { ArmName, ArmPlan, ArmReport, TransferRecord, TransferReport } from '../../history/transfers'
import type { Experiment } from '../../history/types'
import { carryVerdict, gainOf, isReal, settingNoise, shareOf, type Gain } from '../../judge/carryOver'
import type { SeedScore } from '../../judge/keepRule'
import type { Noise } from '../../judge/noise'

type Measured = Pick<TransferRecord, 'chain' | 'plan' | 'runs' | 'seeds'>

/** What the runs so far amount to. @param rows of the lab, for what it saw itself */
export function reportOf(record: Measured, rows: readonly Experiment[]): TransferReport {
  const [first, last] = [record.chain[0], record.chain.at(-1)!]
  const scoresOf = (number: number): SeedScore[] => {
    const row = rows.find((known) => known.number === number)
    return row ? row.seeds.map((seed, i) => ({ seed, bpb: row.scores[i] })) : []
  }
  const home = measuredIn(record, 'same')
  return {
    labGainBpb: gainOf(scoresOf(first.number), scoresOf(last.number), null)?.gainBpb ?? null,
    arms: record.plan.map((plan) => armReport(record, plan, home)),
  }
}

interface Setting {
  scores: Map<number, SeedScore[]>
  noise: Noise | null
  gain: Gain | null
}

/** Scores in one arm by program, their spread, and the gain from baseline to best. */
function measuredIn({ chain, runs, seeds }: Measured, arm: ArmName): Setting {
  const scores = new Map<number, SeedScore[]>()
  for (const { number } of chain) {
    const own = runs.filter((run) => run.arm === arm && run.number === number && seeds.includes(run.seed))
    scores.set(number, own.flatMap(({ seed, valBpb }) => (valBpb === null ? [] : [{ seed, bpb: valBpb }])))
  }
  const noise = settingNoise([...scores.values()])
  const of = (number: number) => scores.get(number) ?? []
  return { scores, noise, gain: gainOf(of(chain[0].number), of(chain.at(-1)!.number), noise) }
}

function armReport(record: Measured, { arm, refused, programs }: ArmPlan, home: Setting): ArmReport {
  const { chain } = record
  const there = arm === 'same' ? home : measuredIn(record, arm)
  const { scores, gain, noise } = there
  const mean = (number: number) => {
    const own = scores.get(number) ?? []
    return own.length === 0 ? null : own.reduce((sum, { bpb }) => sum + bpb, 0) / own.length
  }
  const isSplit = programs.length > 2
  const changes = isSplit
    ? chain.slice(1).map(({ number, description }, i) => ({
        number,
        description,
        gain: gainOf(scores.get(chain[i].number) ?? [], scores.get(number) ?? [], noise),
      }))
    : []
  const facts = { arm, baselineBpb: mean(chain[0].number), bestBpb: mean(chain.at(-1)!.number), gain, changes }
  if (refused) return { ...facts, verdict: 'refused', reason: `${refused.message} ${refused.hint}`.trim(), share: null }
  const broken = record.runs.find((run) => run.arm === arm && run.failure && [chain[0].number, chain.at(-1)!.number].includes(run.number))
  if (broken?.failure) {
    const whose = broken.number === chain[0].number ? 'The baseline' : 'The best program'
    return { ...facts, verdict: 'failed', reason: `${whose} failed here: ${broken.failure.message}`, share: null }
  }
  if (!gain) return { ...facts, verdict: 'not measured', reason: 'No pair has been measured yet.', share: null }
  if (arm === 'same') return { ...facts, ...ofHome(gain), share: null }
  const share = home.gain && shareOf(home.gain, home.noise, gain, noise)
  const verdict = carryVerdict(gain, share)
  return { ...facts, verdict, share, reason: sentence(verdict, gain, home.gain, share !== null) }
}

function ofHome(gain: Gain): Pick<ArmReport, 'verdict' | 'reason'> {
  const { pairs, lowBpb, highBpb } = gain
  if (lowBpb === null) return { verdict: 'cannot tell', reason: 'One pair tells of no spread; a second one will.' }
  if (isReal(gain)) return { verdict: 'carries over', reason: `On ${pairs} fresh seeds the gain is there again.` }
  if (highBpb !== null && highBpb < 0) return { verdict: 'reversed', reason: 'On fresh seeds the best is worse than the baseline: the lab kept luck.' }
  return { verdict: 'cannot tell', reason: `On ${pairs} fresh seeds the gain is within noise: there is nothing to compare with.` }
}

function sentence(verdict: ArmReport['verdict'], gain: Gain, home: Gain | null, hasShare: boolean): string {
  if (gain.lowBpb === null) return 'One pair tells of no spread; a second one will.'
  const why = hasShare || home === null ? '' : ' What share that is cannot be said: the gain in the lab’s own setting is within noise.'
  switch (verdict) {
    case 'carries over': return `The gain is there, beyond noise.${why}`
    case 'in part': return 'A gain is there beyond noise, but smaller than at home.'
    case 'lost': return 'Less than half of the gain is left, and perhaps nothing.'
    case 'reversed': return `Here the best is worse than the baseline, beyond noise.${why}`
    default: return `Noise hides whether anything is left; more seeds would tell.${why}`
  }
}
