import type { EndRules } from '../../research/guide/types'
import { NumberField } from './NumberField'

export interface Ends {
  maxExperiments: number | null
  ends: EndRules
}

/** When a lab ends by itself; what comes first counts. */
export function EndFields({ value, hasModel, onChange }: { value: Ends; hasModel: boolean; onChange: (value: Ends) => void }) {
  const { maxExperiments, ends } = value
  const end = (key: keyof EndRules, label: string, step: number) => (
    <NumberField label={label} step={step} placeholder="never" value={ends[key]} onChange={(amount) => onChange({ maxExperiments, ends: { ...ends, [key]: amount } })} />
  )
  return (
    <fieldset className="field">
      <legend>It ends after</legend>
      <div className="three-fields">
        <NumberField label="Experiments" placeholder="never" value={maxExperiments} onChange={(amount) => onChange({ maxExperiments: amount, ends })} />
        {end('minutes', 'Minutes of runs', 1)}
        {end('targetBpb', 'Reaching val_bpb', 0.001)}
        {hasModel && end('tokens', 'Model tokens', 1000)}
        {hasModel && end('usd', 'US dollars', 0.1)}
      </div>
      <p className="note">Whichever comes first. It also ends when nothing more is to be had, and says why.</p>
    </fieldset>
  )
}
