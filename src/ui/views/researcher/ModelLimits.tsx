import type { ModelCaps, ResearcherSpec } from '../../../research/models/types'
import { SAMPLERS } from '../../state/researchers'
import { Choice } from '../Choice'
import { Field } from '../Field'
import { NumberField } from '../NumberField'

const EDITS = [
  { value: 'knobs', label: 'Knobs only' },
  { value: 'code', label: 'Any code' },
] as const

const CAPS: { cap: keyof ModelCaps; label: string; step: number }[] = [
  { cap: 'requests', label: 'Requests', step: 1 },
  { cap: 'tokens', label: 'Tokens', step: 1000 },
  { cap: 'usd', label: 'US dollars', step: 0.1 },
]

/** What the model may change, what it may cost, and what happens while it cannot be reached. */
export function ModelLimits({ name, spec, onChange }: { name: string; spec: ResearcherSpec; onChange: (spec: ResearcherSpec) => void }) {
  const { edits, caps, standIn } = spec
  return (
    <>
      <Choice
        name={`${name}-edits`}
        legend="It may change"
        options={EDITS}
        value={edits}
        onChange={(chosen) => onChange({ ...spec, edits: chosen })}
        note={edits === 'knobs'
          ? 'Values of the knobs in train.js, within their ranges. Small models get further this way.'
          : 'Any part of train.js, checked in the box before it is committed. Takes a capable model.'}
      />
      <fieldset className="field">
        <legend>At most, for this lab</legend>
        <div className="three-fields">
          {CAPS.map(({ cap, label, step }) => (
            <NumberField key={cap} label={label} step={step} value={caps[cap]} onChange={(value) => onChange({ ...spec, caps: { ...caps, [cap]: value } })} />
          ))}
        </div>
        <p className="note">A request that could pass a limit is not sent. Dollars are known only where prices are.</p>
      </fieldset>
      <Field label="While it cannot be reached" note="Every experiment says who proposed it.">
        {(describedBy) => (
          <select value={standIn ?? ''} aria-describedby={describedBy} onChange={(event) => onChange({ ...spec, standIn: event.target.value || null })}>
            <option value="">wait for me</option>
            {SAMPLERS.map(({ name: sampler, label }) => <option key={sampler} value={sampler}>{label} proposes</option>)}
          </select>
        )}
      </Field>
    </>
  )
}
