import type { ModelSpec, Provider } from '../../../research/models/types'
import type { ProviderState } from '../../../worker/researchProtocol'
import { missingForModel, modelAddress, useProviders } from '../../state/providers'
import { PROVIDERS, usualEdits, withShare } from '../../state/researchers'
import type { ProviderWords, Researcher } from '../../state/researchers'
import { Field } from '../Field'
import { Icon } from '../Icon'
import { AllowModel } from './AllowModel'
import { BrowserModel } from './BrowserModel'
import { KeyField } from './KeyField'
import { ModelLimits } from './ModelLimits'
import { ModelName } from './ModelName'
import ShareFields from './ShareFields'
import { TryModel } from './TryModel'

type Named = Exclude<Provider, 'paste'>

const GROUPS: ProviderWords['group'][] = ['With a key of yours', 'On this machine', 'In this browser']

/** Everything about a language model, in the order in which it is needed: whose, where, which, its key, a trial, limits. */
export default function ModelFields({ name, value, onChange }: {
  name: string
  value: Researcher
  onChange: (value: Researcher) => void
}) {
  const { providers, ask } = useProviders()
  const spec = value.researcher!
  const { model } = spec
  const provider = model.provider as Named
  const words = PROVIDERS[provider]
  const known = providers?.find((entry) => entry.provider === provider)
  const change = (part: Partial<ModelSpec>) => onChange({ ...value, researcher: { ...spec, model: { ...model, ...part } } })
  const choose = (next: Named) => {
    const changed = { ...spec, model: { provider: next, model: firstModel(providers, next) }, edits: usualEdits(next) }
    // what runs beside the training, or is small, is asked now and then
    onChange(withShare(changed, PROVIDERS[next].group === 'In this browser' ? 0.2 : 1))
  }
  const missing = missingForModel(model, known)
  return (
    <div className="model-fields">
      <Field label="Whose" note={known?.missing && provider !== 'browser' && <span className="warning-text">{known.missing}</span>}>
        {(describedBy) => (
          <select value={provider} aria-describedby={describedBy} onChange={(event) => choose(event.target.value as Named)}>
            {GROUPS.map((group) => (
              <optgroup key={group} label={group}>
                {Object.entries(PROVIDERS).filter(([, entry]) => entry.group === group).map(([id, { label }]) => (
                  <option key={id} value={id}>{label}</option>
                ))}
              </optgroup>
            ))}
          </select>
        )}
      </Field>
      {words.hasAddress && (
        <label className="field">
          <span className="field-label">Address</span>
          <input type="url" inputMode="url" spellCheck={false} autoComplete="off" placeholder={words.usual?.address ?? known?.address ?? 'https://…/v1'}
            value={model.address ?? ''} onChange={(event) => change({ address: event.target.value.trim() || undefined })} />
        </label>
      )}
      {words.model !== 'never' && (
        <ModelName key={`${provider} ${model.address}`} spec={model} isNeeded={words.model === 'named'} known={known?.models ?? []}
          mayList={provider !== 'page' && missing.length === 0 && known !== undefined && known.key !== 'missing' && known.key !== 'locked'}
          onChange={change} />
      )}
      {provider === 'browser' && <BrowserModel />}
      {provider === 'page' && (
        <p className="note">
          Its files (some hundred megabytes) are fetched with the first question and kept in this browser. It answers between two
          runs, never beside one.
        </p>
      )}
      {missing.length > 0
        ? <AllowModel address={modelAddress(model, known)!} missing={missing} isInPage={provider === 'page'} />
        : (
          <>
            {known && (known.key !== 'none needed' || provider === 'compatible') && (
              <KeyField key={`${provider} ${model.address}`} provider={provider} address={model.address} state={known.key} onChanged={ask} />
            )}
            <TryModel spec={model} />
          </>
        )}
      <details className="advanced">
        <summary><Icon name="right" size={14} />How it is used, and its limits</summary>
        <div className="model-fields">
          <ShareFields value={value} onChange={onChange} />
          <ModelLimits name={name} spec={spec} onChange={(changed) => onChange({ ...value, researcher: changed })} />
        </div>
      </details>
    </div>
  )
}

function firstModel(providers: ProviderState[] | null, provider: Named): string {
  const { model, usual } = PROVIDERS[provider]
  if (model !== 'named') return ''
  return usual?.model ?? providers?.find((entry) => entry.provider === provider)?.models[0] ?? ''
}
