import type { BountyDraft } from '../../../worker/bountyProtocol'
import { unitOf } from '../../state/bountyMoney'
import { delayed } from '../../state/bountyForm'
import { ESCROWS } from '../../state/bountyWords'
import { Icon } from '../Icon'
import { Amount } from './Amount'

const DELAYS = [
  { seconds: 0, label: 'At once' },
  { seconds: 60, label: 'A minute later' },
  { seconds: 3600, label: 'An hour later' },
  { seconds: 24 * 3600, label: 'A day later' },
  { seconds: 72 * 3600, label: 'Three days later' },
]

/** How much for how much, until when, and how safe. */
export function MoneyFields({ draft, onChange }: { draft: BountyDraft; onChange: (part: Partial<BountyDraft>) => void }) {
  const unit = unitOf(draft.money === 'play')
  return (
    <section className="card" aria-label="What is paid">
      <h2>What is paid</h2>
      <div className="field-row">
        <Amount label="Pool" unit={unit} value={draft.poolSat} onChange={(poolSat) => onChange({ poolSat })} note="For the whole target." />
        <Amount label="Target: bits per byte less" unit="bpb" whole={false} value={draft.targetImprovementBpb} onChange={(targetImprovementBpb) => onChange({ targetImprovementBpb })} note="Less is paid in proportion." />
      </div>
      <label className="field">
        <span className="field-label">Open until</span>
        <input type="datetime-local" value={localTime(draft.deadline)} onChange={(event) => onChange({ deadline: unixTime(event.target.value) })} />
      </label>
      <fieldset className="field escrows">
        <legend>How safe the money is</legend>
        {Object.entries(ESCROWS).map(([value, { label, about }]) => (
          <label key={value} className="escrow-option">
            <input type="radio" name="escrow" checked={draft.escrow === value} onChange={() => onChange({ escrow: value as BountyDraft['escrow'] })} />
            <span><b>{label}</b><small>{about}</small></span>
          </label>
        ))}
      </fieldset>
      <details className="advanced">
        <summary><Icon name="right" size={14} />Slices, holdback, lock times</summary>
        <div className="field-row">
          <Amount label="Slices" unit="payments" value={draft.slices} onChange={(slices) => onChange({ slices })} note="More slices follow the score more closely, and are more payments." />
          <Amount label="Paid at once" unit="%" value={Math.round(draft.nowShare * 100)} onChange={(percent) => onChange({ nowShare: percent / 100 })} note="The rest is held back." />
          <label className="field">
            <span className="field-label">The rest is measured again</span>
            <select value={draft.stabilityDelaySeconds} onChange={(event) => onChange(delayed(draft, Number(event.target.value)))}>
              {[...DELAYS, ...(DELAYS.some(({ seconds }) => seconds === draft.stabilityDelaySeconds) ? [] : [{ seconds: draft.stabilityDelaySeconds, label: `${draft.stabilityDelaySeconds} s later` }])]
                .map(({ seconds, label }) => <option key={seconds} value={seconds}>{label}</option>)}
            </select>
          </label>
          <Amount label="Verifiers’ fee" unit="% on top" whole={false} value={draft.coordinatorFeePercent} onChange={(coordinatorFeePercent) => onChange({ coordinatorFeePercent })} note="5 to 10 % is usual where others verify." />
          <Amount label="A lock lasts at least" unit="blocks" value={draft.lock.minCltv} onChange={(minCltv) => onChange({ lock: { ...draft.lock, minCltv } })} note="Long enough for the re-check. 144 blocks are about a day." />
          <Amount label="and at most" unit="blocks" value={draft.lock.maxCltv} onChange={(maxCltv) => onChange({ lock: { ...draft.lock, maxCltv } })} note="Then your money is back, whatever happens." />
        </div>
      </details>
    </section>
  )
}

/** As the field writes it, in the reader's own time zone. */
function localTime(unixSeconds: number): string {
  if (!Number.isFinite(unixSeconds)) return ''
  const date = new Date(unixSeconds * 1000)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function unixTime(local: string): number {
  return Math.floor(new Date(local).getTime() / 1000)
}
