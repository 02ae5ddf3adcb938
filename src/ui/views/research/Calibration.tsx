import { PredictionChart } from '../../charts/PredictionChart'
import { ReliabilityChart } from '../../charts/ReliabilityChart'
import type { Calibration as OfProposer, ResearchReport } from '../../../worker/researchProtocol'
import { delta, percent, plural } from '../../state/format'
import { Icon } from '../Icon'

/** Before each run a researcher says what it expects; here is how well it knew, one proposer at a time. */
export function Calibration({ report }: { report: ResearchReport | null }) {
  const known = (report?.calibrations ?? []).filter(({ count }) => count > 0)
  return (
    <section className="card" aria-labelledby="calibration-title">
      <div className="card-head"><h2 id="calibration-title">Calibration</h2></div>
      <p className="research-note">
        Before each run the proposer says how likely it is to be kept, and by how much the score will change. The Brier score
        is the mean squared error of what was said: 0 is a prophet, 0.25 a coin. It is worth something only when it is lower
        than that of always saying this proposer’s own share of keeps.
      </p>
      {known.length === 0
        ? <p className="empty">No experiment with a prediction has been decided yet.</p>
        : known.map((entry) => <Proposer key={entry.proposer} of={entry} />)}
    </section>
  )
}

function Proposer({ of: { proposer, count, keeps, brier, baseBrier, bins, deltas } }: { of: OfProposer }) {
  const verdict = brier === null || baseBrier === null || count < 5
    ? 'Too few to tell.'
    : brier < baseBrier ? 'It knows more than its own average.' : 'It knows no more than its own average.'
  return (
    <section className="calibration" aria-label={`Calibration of ${proposer}`}>
      <h3>{proposer}</h3>
      <p className="research-note">
        {plural(count, 'prediction')}, {keeps} kept. Brier {score(brier)}; always saying {percent(keeps / count, 0)} scores {score(baseBrier)}. {verdict}
      </p>
      <div className="calibration-charts">
        <figure>
          <figcaption>How likely it was to be kept</figcaption>
          <ReliabilityChart bins={bins} label={`Said against kept: ${bins.map((bin) => `${percent(bin.forecast, 0)} said, ${percent(bin.kept, 0)} of ${bin.count} kept`).join('; ')}`} />
        </figure>
        {deltas.length > 0 && (
          <figure>
            <figcaption>By how much the score would change</figcaption>
            <PredictionChart deltas={deltas} label={`Expected against measured change of val_bpb over ${plural(deltas.length, 'experiment')}; the table below has them all`} />
          </figure>
        )}
      </div>
      <details className="advanced">
        <summary><Icon name="right" size={14} />As a table</summary>
        <div className="table-scroll" role="region" aria-label={`Predictions of ${proposer}`} tabIndex={0}>
          <table>
            <thead><tr><th scope="col" className="num">Experiment</th><th scope="col" className="num">Expected</th><th scope="col" className="num">Measured</th></tr></thead>
            <tbody>{deltas.map(({ number, expected, actual }) => <tr key={number}><th scope="row" className="num">{number}</th><td className="num">{delta(expected)}</td><td className="num">{delta(actual)}</td></tr>)}</tbody>
          </table>
        </div>
      </details>
    </section>
  )
}

function score(brier: number | null): string {
  return brier === null ? 'unknown' : brier.toFixed(3)
}
