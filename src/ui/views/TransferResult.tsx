import type { ArmReport, TransferRecord } from '../../history/transfers'
import { ARM_LABELS, budgetText, durationText, gainText, shareText } from '../../worker/client'
import { bpb, bytes, count, plural, when } from '../state/format'
import { CARRY_VERDICTS } from '../state/transfers'
import { Icon } from './Icon'

/** What would be measured, and for how long. */
export function TransferPlan({ record: { plan, chain, seeds } }: { record: TransferRecord }) {
  return (
    <section className="transfer-result" aria-label="Estimate of the transfer">
      <p className="profile-note">Baseline against experiment {chain.at(-1)!.number}, on {plural(seeds.length, 'fresh seed')} each.</p>
      <ul className="transfer-plan">
        {plan.map(({ arm, refused, budget, sizes, seconds, notes }) => (
          <li key={arm}>
            <b>{ARM_LABELS[arm]}</b>{' '}
            {refused ? <>is refused: {refused.message} {refused.hint}</> : (
              <>
                {budgetText(budget)}, {sizes.map(({ paramCount }) => count(paramCount)).join(' and ')} parameters in{' '}
                {bytes(Math.max(...sizes.map((size) => size.bytes)))} at most; about {durationText(seconds)}
                {sizes[0].changes.length > 0 && <span className="note">{sizes.map(({ changes }, i) => `${i === 0 ? 'Baseline' : 'Best'}: ${changes.map(({ name, from, to }) => `${name} ${from} → ${to}`).join(', ')}`).join('. ')}.</span>}
              </>
            )}
            {notes.map((note) => <span key={note} className="note">{note}</span>)}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** One transfer as far as it came: what survived in each setting, and by which change. */
export function TransferResult({ record }: { record: TransferRecord }) {
  const { spec, report, runs, finished, updatedAt, chain, seeds, backend } = record
  return (
    <section className="transfer-result" aria-label={`Transfer of experiment ${chain.at(-1)!.number}`}>
      <h3>Experiment {chain.at(-1)!.number} against the baseline</h3>
      <p className="note">
        {finished ? '' : 'Not finished. '}{plural(runs.length, 'run')} on {plural(seeds.length, 'seed')}; sizes times {spec.scale}, budget times {spec.longer}; {when(updatedAt)}, on {backend}.
        {report.labGainBpb !== null && ` The lab’s own decisions saw a gain of ${report.labGainBpb.toFixed(4)} bits per byte.`}
      </p>
      <div className="table-scroll transfer-table" role="region" aria-label={`What survives of experiment ${chain.at(-1)!.number}`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Verdict</th>
              <th scope="col">Survives (95 %)</th>
              <th scope="col">Gain, bits per byte (95 %)</th>
              <th scope="col" className="num">Baseline</th>
              <th scope="col" className="num">Best</th>
              <th scope="col" className="num">Pairs</th>
            </tr>
          </thead>
          <tbody>{report.arms.map((arm) => <Arm key={arm.arm} arm={arm} />)}</tbody>
        </table>
      </div>
      <ul className="transfer-plan">
        {report.arms.map(({ arm, reason, changes }) => (
          <li key={arm}>
            <b>{ARM_LABELS[arm]}</b> {reason}
            {changes.map(({ number, description, gain }) => <span key={number} className="note num">{gainText(gain)}: experiment {number}, {description}</span>)}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Arm({ arm: { arm, verdict, share, gain, baselineBpb, bestBpb } }: { arm: ArmReport }) {
  const { label, icon, tone } = CARRY_VERDICTS[verdict]
  return (
    <tr>
      <th scope="row">{ARM_LABELS[arm]}</th>
      <td><span className={`badge badge-${tone}`}><Icon name={icon} size={14} />{arm === 'same' && verdict === 'carries over' ? 'There again' : label}</span></td>
      <td>{arm === 'same' ? 'compared with' : shareText(share)}</td>
      <td>{gainText(gain)}</td>
      <td className="num">{bpb(baselineBpb)}</td>
      <td className="num">{bpb(bestBpb)}</td>
      <td className="num">{gain?.pairs ?? 0}</td>
    </tr>
  )
}
