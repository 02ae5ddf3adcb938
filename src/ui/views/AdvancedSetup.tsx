import type { Draft } from '../state/settings'
import { Choice } from './Choice'
import { Icon } from './Icon'
import { NumberField } from './NumberField'
import { ReachList } from './ReachList'

const RULES = [
  { value: 'measured', label: 'Measured' },
  { value: 'plain', label: 'Plain' },
] as const

export const APPROVALS = [
  { value: 'auto', label: 'Go ahead' },
  { value: 'ask', label: 'Ask me' },
] as const

/** What most people never need to touch. */
export function AdvancedSetup({ draft, onChange }: { draft: Draft; onChange: (part: Partial<Draft>) => void }) {
  return (
    <details className="advanced">
      <summary><Icon name="right" size={14} />Advanced</summary>
      <Choice
        name="rule"
        legend="Keep rule"
        options={RULES}
        value={draft.rule}
        onChange={(rule) => onChange({ rule })}
        note={draft.rule === 'measured'
          ? 'The same seeds for both sides; a gain must be larger than the measured noise.'
          : (
            <span className="warning-text">
              Karpathy’s original rule: one seed, strictly lower wins. It is here to show what goes wrong: part of what it
              keeps is luck.
            </span>
          )}
      />
      <Choice
        name="approval"
        legend="Before each experiment"
        options={APPROVALS}
        value={draft.approval}
        onChange={(approval) => onChange({ approval })}
        note={draft.approval === 'ask' ? 'You see every proposal first, and may edit or skip it.' : 'The lab runs what the researcher proposes.'}
      />
      <EndFields draft={draft} onChange={onChange} />
      <NumberField label="Seed" placeholder="0" value={draft.seed || null} onChange={(seed) => onChange({ seed: (seed ?? 0) % 2 ** 31 })} />
      <ReachList />
    </details>
  )
}

/** When the lab ends by itself; what comes first counts. */
function EndFields({ draft, onChange }: { draft: Draft; onChange: (part: Partial<Draft>) => void }) {
  const { ends } = draft
  const end = (key: keyof typeof ends, label: string, step: number) => (
    <NumberField label={label} step={step} placeholder="never" value={ends[key]} onChange={(value) => onChange({ ends: { ...ends, [key]: value } })} />
  )
  return (
    <fieldset className="field">
      <legend>It ends after</legend>
      <div className="three-fields">
        <NumberField label="Experiments" placeholder="never" value={draft.maxExperiments} onChange={(maxExperiments) => onChange({ maxExperiments })} />
        {end('minutes', 'Minutes', 1)}
        {end('targetBpb', 'Reaching val_bpb', 0.001)}
        {draft.researcher && end('tokens', 'Model tokens', 1000)}
        {draft.researcher && end('usd', 'US dollars', 0.1)}
      </div>
      <p className="note">Whichever comes first. It also ends when nothing more is to be had, and says why.</p>
    </fieldset>
  )
}
