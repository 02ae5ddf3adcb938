import { BUILT_IN, SAMPLERS, SHARES, shareOf, withShare } from '../../state/researchers'
import type { Researcher } from '../../state/researchers'
import { Field } from '../Field'

/** How often the model is asked, and who proposes in between. */
export default function ShareFields({ value, onChange }: { value: Researcher; onChange: (value: Researcher) => void }) {
  const spec = value.researcher!
  const share = shareOf(value)
  const shares = SHARES.some((known) => known.value === share) ? SHARES : [...SHARES, { value: share, label: `${Math.round(100 * share)} % of experiments` }]
  return (
    <>
      <label className="field">
        <span className="field-label">It proposes</span>
        <select value={share} onChange={(event) => onChange(withShare(spec, Number(event.target.value)))}>
          {shares.map((known) => <option key={known.value} value={known.value}>{known.label}</option>)}
        </select>
      </label>
      {share < 1 && (
        <Field label="In between" note={`${BUILT_IN.find(({ name }) => name === spec.sampler)?.about} What the model proposes and fails is never told to it.`}>
          {(describedBy) => (
            <select value={spec.sampler} aria-describedby={describedBy} onChange={(event) => onChange({ ...value, researcher: { ...spec, sampler: event.target.value } })}>
              {SAMPLERS.map(({ name, label }) => <option key={name} value={name}>{label}</option>)}
            </select>
          )}
        </Field>
      )}
    </>
  )
}
