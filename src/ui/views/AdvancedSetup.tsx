import type { Draft } from '../state/settings'
import { Choice } from './Choice'
import { EndFields } from './EndFields'
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

const GUIDES = [
  { value: 'on', label: 'On' },
  { value: 'off', label: 'Off' },
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
      <EndFields value={draft} hasModel={draft.researcher !== undefined} onChange={onChange} />
      <Choice
        name="guide"
        legend="Guide"
        options={GUIDES}
        value={draft.guide}
        onChange={(guide) => onChange({ guide })}
        note={draft.guide === 'on'
          ? 'The lab steps in: modes, written reviews, forks after discards, near misses put together, ideas when stuck.'
          : 'The researcher alone, without modes, orders or moves of the lab.'}
      />
      <NumberField label="Seed" placeholder="0" value={draft.seed || null} onChange={(seed) => onChange({ seed: (seed ?? 0) % 2 ** 31 })} />
      <ReachList />
    </details>
  )
}
