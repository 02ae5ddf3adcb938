import type { Experiment, LabRecord } from '../../history/types'
import { driftsOf, gapOf, repeatShare, runCost } from '../../worker/client'
import { bpb, delta, duration, percent, plural } from '../state/format'
import { DotLine } from './DotLine'

/** How far the scores can be trusted: the gap to the hidden split, the drift of the ruler, and what repeats cost. */
export function RulerPanel({ lab, rows }: { lab: LabRecord | null; rows: readonly Experiment[] }) {
  const judged = rows.filter(({ status, judgement }) => status === 'baseline' || status === 'keep' || judgement?.flag === 'overfit')
  const gaps = judged.flatMap((row) => {
    const gap = gapOf(row)
    return gap === null ? [] : [{ at: row.number, value: gap, hollow: row.judgement?.flag === 'overfit' }]
  })
  if (!lab || gaps.length === 0) return null
  const held = gaps.filter(({ hollow }) => !hollow)
  const refused = gaps.length - held.length
  const drifts = driftsOf(rows).map(({ after, wasBpb, isBpb }) => ({ at: after, value: isBpb - wasBpb }))
  const gapText = held.length < 2
    ? `${delta(held[0]?.value)} at the baseline.`
    : `${delta(held[0].value)} at the baseline, ${delta(held.at(-1)!.value)} now.`
  return (
    <section className="card ruler" aria-labelledby="ruler-title">
      <div className="card-head"><h2 id="ruler-title">Ruler</h2><p className="axis-note">how far the scores can be trusted</p></div>
      <div className="ruler-grid">
        <figure>
          <figcaption>Hidden − val <span>bits per byte</span></figcaption>
          <DotLine dots={gaps} label={`Gap between the hidden and the validation split of what was kept: ${gapText}`} />
          <p className="note">
            {gapText} {refused > 0 && `${plural(refused, 'gain')} refused (hollow): the gap widened beyond noise. `}
            A gap that grows would mean that what is kept fits the validation text only.
          </p>
        </figure>
        <figure>
          <figcaption>Drift <span>bits per byte</span></figcaption>
          {drifts.length > 0
            ? <DotLine dots={drifts} label={`The incumbent measured again on the same seed, change each time: ${drifts.map(({ value }) => delta(value)).join(', ')}`} />
            : <p className="ruler-empty">{lab.task.keepRule.kind === 'plain' ? 'Not measured.' : 'Measured after ten experiments.'}</p>}
          <p className="note">{driftText(lab, drifts)}</p>
        </figure>
        <Repeats lab={lab} rows={rows} />
      </div>
    </section>
  )
}

function driftText(lab: LabRecord, drifts: readonly { value: number }[]): string {
  const last = drifts.at(-1)
  if (lab.task.keepRule.kind === 'plain') return 'The plain rule never measures anything again.'
  if (!last) return 'Every ten experiments the best program is run again on a seed it has been run on.'
  if (lab.task.budget.kind === 'tokens') return last.value === 0 ? 'Same seed, same tokens, same bits.' : 'With a budget of tokens this should be zero: something changed.'
  return `${delta(last.value)} at the last re-check. It counts as noise in every verdict.`
}

const PARTS = [['looks', 'first looks'], ['sigma', 'measuring σ'], ['repeats', 'repeats']] as const

function Repeats({ lab, rows }: { lab: LabRecord; rows: readonly Experiment[] }) {
  const cost = runCost(rows)
  const wallMs = cost.looks.wallMs + cost.sigma.wallMs + cost.repeats.wallMs
  const runs = cost.looks.runs + cost.sigma.runs + cost.repeats.runs
  const { keepRule } = lab.task
  return (
    <figure>
      <figcaption>Runs <span>{runs} in {duration(wallMs / 1000)}</span></figcaption>
      <div className="ruler-bar" aria-hidden="true">
        {PARTS.map(([key]) => <i key={key} className={`bar-${key}`} style={{ flexGrow: cost[key].runs }} />)}
      </div>
      <dl className="ruler-runs">
        {PARTS.map(([key, term]) => (
          <div key={key}>
            <dt><i className={`bar-${key}`} aria-hidden="true" />{term}</dt>
            <dd className="num">{cost[key].runs}</dd>
            <dd className="num">{duration(cost[key].wallMs / 1000)}</dd>
          </div>
        ))}
      </dl>
      <p className="note">
        {keepRule.kind === 'plain'
          ? 'The plain rule repeats nothing, so it cannot tell a gain from luck.'
          : `Repeats may take ${percent(repeatShare(keepRule), 0)} of all runs; σ is ${bpb(lab.sigmaBpb)}.`}
      </p>
    </figure>
  )
}
