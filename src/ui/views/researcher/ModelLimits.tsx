import type { ModelCaps, ModelSpec, Provider, ResearcherSpec } from '../../../research/models/types'
import { PROVIDERS, SAMPLERS } from '../../state/researchers'
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
  const { edits, caps, standIn, model } = spec
  const { hasAddress } = PROVIDERS[model.provider as Exclude<Provider, 'paste'>]
  const changeModel = (part: Partial<ModelSpec>) => onChange({ ...spec, model: { ...model, ...part } })
  return (
    <>
      {hasAddress && (
        <NumberField label="Tokens that question and answer may have together" placeholder="the usual" value={model.contextTokens ?? null}
          onChange={(contextTokens) => changeModel({ contextTokens: contextTokens ?? undefined })} />
      )}
      {model.provider === 'page' && (
        <label className="tickbox">
          <input type="checkbox" checked={model.release ?? false} onChange={(event) => changeModel({ release: event.target.checked || undefined })} />
          Give its memory back before each run (it is loaded again for the next question)
        </label>
      )}
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
