import { useId, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { ListedModel } from '../../../research/models/list'
import type { ModelSpec } from '../../../research/models/types'
import { useSession } from '../../state/context'
import { DEFAULT_SPEC, withoutSecrets } from '../../state/researchers'
import { AllowAddress } from '../AllowAddress'
import { Field } from '../Field'

/** The model by name: typed, or chosen from what its server lists when asked. */
export function ModelName({ spec, isNeeded, known, mayList, onChange }: {
  spec: ModelSpec
  isNeeded: boolean
  /** names to begin with */
  known: readonly string[]
  /** the page may reach the server, and a key that it asks for is there */
  mayList: boolean
  onChange: (part: Partial<ModelSpec>) => void
}) {
  const listId = useId()
  const [listed, setListed] = useState<ListedModel[] | null>(null)
  const name = (model: string) => {
    const roomOf = (id: string) => listed?.find((entry) => entry.id === id)?.contextTokens ?? undefined
    // what a server said of one model does not hold for another; what the person wrote does
    const own = spec.contextTokens === roomOf(spec.model) ? undefined : spec.contextTokens
    onChange({ model, contextTokens: roomOf(model) ?? own })
  }
  return (
    <>
      <Field label="Model" note={isNeeded && spec.model === '' && <span className="warning-text">Name a model before you start.</span>}>
        {(describedBy) => (
          <>
            <input type="text" list={listId} aria-describedby={describedBy} spellCheck={false} autoComplete="off" autoCapitalize="off"
              placeholder={isNeeded ? known[0] ?? 'as the provider calls it' : 'the usual one'}
              value={spec.model} onChange={(event) => name(event.target.value.trim())} />
            <datalist id={listId}>{(listed?.map(({ id }) => id) ?? known).map((id) => <option key={id} value={id} />)}</datalist>
          </>
        )}
      </Field>
      {mayList && <ModelList spec={spec} listed={listed} onListed={setListed} onChoose={name} />}
    </>
  )
}

function ModelList({ spec, listed, onListed, onChoose }: {
  spec: ModelSpec
  listed: readonly ListedModel[] | null
  onListed: (models: ListedModel[]) => void
  onChoose: (model: string) => void
}) {
  const { api } = useSession().client
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<LabError | null>(null)
  const ask = async () => {
    setBusy(true)
    setProblem(null)
    try {
      const models = await api.listModels(withoutSecrets({ ...DEFAULT_SPEC, model: spec }).model)
      onListed(models.toSorted((a, b) => a.id.localeCompare(b.id)))
    } catch (thrown) {
      setProblem(LabError.from(thrown))
    }
    setBusy(false)
  }
  return (
    <div className="model-list">
      <button type="button" className="button button-plain" aria-disabled={busy} onClick={() => {
        if (!busy) void ask()
      }}>
        {busy ? 'Asking…' : listed ? 'List again' : 'List models'}
      </button>
      {listed && listed.length > 0 && (
        <label className="field">
          <span className="visually-hidden">What it lists</span>
          <select value={listed.some(({ id }) => id === spec.model) ? spec.model : ''} onChange={(event) => onChoose(event.target.value)}>
            <option value="" disabled>{listed.length === 1 ? 'one model: choose it' : `${listed.length} models: choose one`}</option>
            {listed.map(({ id, contextTokens }) => (
              <option key={id} value={id}>{contextTokens === null ? id : `${id} · ${contextTokens.toLocaleString('en')} tokens`}</option>
            ))}
          </select>
        </label>
      )}
      <div aria-live="polite">
        {listed?.length === 0 && <p className="note">It has no models yet: install one there, then list again.</p>}
        {problem && <p className="problem"><b>{problem.message}</b> <span className="problem-hint">{problem.hint}</span><AllowAddress error={problem.toJSON()} /></p>}
      </div>
    </div>
  )
}
