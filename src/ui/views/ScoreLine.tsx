import type { LabRecord } from '../../history/types'
import { bpb, percent } from '../state/format'
import type { Summary } from '../state/summary'

/** The numbers that matter, before any chart. */
export function ScoreLine({ lab, summary }: { lab: LabRecord | null; summary: Summary }) {
  const { best, baseline, gain, kept, decided } = summary
  const sigma = lab?.sigmaBpb ?? null
  const floor = lab?.floorBpb ?? null
  const unknown = lab?.task.keepRule.kind === 'plain' ? 'noise is not measured' : 'noise not measured yet'
  const noise = sigma === null ? unknown : `noise σ ${bpb(sigma)}`
  const way = floor !== null && baseline !== null && best !== null && baseline > floor
    ? (baseline - best) / (baseline - floor)
    : null
  return (
    <dl className="score-line" aria-label="Scores">
      <div className="score-best">
        <dt>Best val_bpb</dt>
        <Score value={best} />
        <dd className="score-note">
          {gain > 0 ? `${percent(gain)} below the baseline` : 'bits per byte, lower is better'}
        </dd>
      </div>
      <div>
        <dt>Baseline</dt>
        <Score value={baseline} />
        <dd className="score-note">{noise}</dd>
      </div>
      <div>
        <dt>Kept</dt>
        <dd className="num">{kept}<small> of {decided}</small></dd>
        <dd className="score-note">{decided - kept === 0 ? 'experiments decided' : `${decided - kept} tried and undone`}</dd>
      </div>
      <div>
        <dt>Entropy floor</dt>
        <Score value={floor} />
        <dd className="score-note">
          {floor === null ? 'not known for this text' : way !== null && way > 0 ? `${percent(way, 0)} of the way` : 'no model can go below'}
        </dd>
      </div>
    </dl>
  )
}

function Score({ value }: { value: number | null }) {
  return <dd className="num" data-empty={value === null || undefined}>{bpb(value)}</dd>
}
