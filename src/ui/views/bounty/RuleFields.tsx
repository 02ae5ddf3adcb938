import type { BountyDraft } from '../../../worker/bountyProtocol'
import { unitOf } from '../../state/bountyMoney'
import { Icon } from '../Icon'
import { Amount } from './Amount'

/** What most sponsors leave as it is: how it is measured, what is refused, what the materials cost. */
export function RuleFields({ draft, onChange }: { draft: BountyDraft; onChange: (part: Partial<BountyDraft>) => void }) {
  const { rules } = draft
  const rule = (part: Partial<BountyDraft['rules']>) => onChange({ rules: { ...rules, ...part } })
  return (
    <section className="card" aria-label="Rules">
      <h2>Rules</h2>
      <label className="field">
        <span className="field-label">Forbidden texts, one a line</span>
        <textarea rows={2} spellCheck={false} value={rules.forbidden.join('\n')} onChange={(event) => rule({ forbidden: event.target.value === '' ? [] : event.target.value.split('\n').slice(0, 50) })} />
      </label>
      <p className="note">A patch that adds one of them is refused before it is measured.</p>
      <details className="advanced">
        <summary><Icon name="right" size={14} />Measuring</summary>
        <div className="field-row">
          <Amount label="Training" unit="tokens a run" value={draft.tokens} onChange={(tokens) => onChange({ tokens })} note="By tokens, so that machines compare." />
          <Amount label="Fresh seeds" unit="runs" value={draft.seeds} onChange={(seeds) => onChange({ seeds })} note="The median counts." />
          <Amount label="Tolerance" unit="bpb" whole={false} value={draft.toleranceBpb} onChange={(toleranceBpb) => onChange({ toleranceBpb })} note="A smaller gain than this cannot be told from luck, and earns nothing." />
        </div>
      </details>
      <details className="advanced">
        <summary><Icon name="right" size={14} />Limits of a patch</summary>
        <p className="note">A patch is what a hunter hands in: train.js, changed.</p>
        <div className="field-row">
          <Amount label="Changed lines" unit="lines at most" value={rules.maxDiffLines} onChange={(maxDiffLines) => rule({ maxDiffLines })} />
          <Amount label="Changed bytes" unit="bytes at most" value={rules.maxDiffBytes} onChange={(maxDiffBytes) => rule({ maxDiffBytes })} />
          <Amount label="Submissions of one hunter" unit="at most" value={rules.maxSubmissionsPerKey} onChange={(maxSubmissionsPerKey) => rule({ maxSubmissionsPerKey })} />
          <Amount label="Likeness to an earlier one" unit="% at most" value={Math.round(rules.maxSimilarity * 100)} onChange={(percent) => rule({ maxSimilarity: percent / 100 })} note="Above it, a patch is a copy." />
        </div>
      </details>
      <details className="advanced">
        <summary><Icon name="right" size={14} />Materials</summary>
        <label className="field">
          <span className="field-label">Address, where you host them</span>
          <input type="url" autoComplete="off" placeholder="they come with the bounty" value={draft.materialsUrl ?? ''} onChange={(event) => onChange({ materialsUrl: event.target.value.trim() === '' ? null : event.target.value.trim() })} />
        </label>
        <Amount label="Access fee" unit={unitOf(draft.money === 'play')} value={draft.accessFeeSat} onChange={(accessFeeSat) => onChange({ accessFeeSat })} note="Asked by your own gateway (L402). It also keeps probing dear." />
      </details>
    </section>
  )
}
