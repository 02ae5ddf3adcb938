import type { Draft } from '../state/settings'
import { Choice } from './Choice'
import { Icon } from './Icon'
import { ReachList } from './ReachList'

const RULES = [
  { value: 'measured', label: 'Measured' },
  { value: 'plain', label: 'Plain' },
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
      <div className="field-row">
        <label className="field">
          <span className="field-label">Experiments</span>
          <input
            type="number"
            min={1}
            placeholder="until stopped"
            value={draft.maxExperiments ?? ''}
            onChange={(event) => {
              const value = event.target.valueAsNumber
              onChange({ maxExperiments: value >= 1 ? Math.round(value) : null })
            }}
          />
        </label>
        <label className="field">
          <span className="field-label">Seed</span>
          <input
            type="number"
            min={0}
            value={draft.seed}
            onChange={(event) => {
              const value = event.target.valueAsNumber
              if (value >= 0) onChange({ seed: Math.round(value) % 2 ** 31 })
            }}
          />
        </label>
      </div>
      <ReachList />
    </details>
  )
}
