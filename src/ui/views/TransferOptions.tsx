import { LabError } from '../../core/errors'
import type { DatasetSource } from '../../data/types'
import { otherDataset } from '../../worker/client'
import type { LabApi } from '../../worker/protocol'
import { useSession } from '../state/context'
import { noticeOf } from '../state/store'
import { FileDrop } from './FileDrop'

type Options = Parameters<LabApi['transfer']>[0]
type Arm = Options['arms'][number]

const ARMS: { arm: Arm; label: string }[] = [
  { arm: 'larger', label: 'A larger model' },
  { arm: 'longer', label: 'A longer budget' },
  { arm: 'data', label: 'Another text' },
  { arm: 'together', label: 'All of them together' },
]
const SCALES = [1.25, 1.5, 2, 3, 4]
const LONGER = [2, 4, 8, 16]
const SEEDS = [2, 3, 5, 8]

/** In which settings, how far from the lab's own, and how often. */
export function TransferOptions({ own, options, onChange }: { own: DatasetSource; options: Options; onChange: (options: Options) => void }) {
  const { arms, scale, longer, seeds, perChange, dataset } = options
  const toggle = (arm: Arm) => {
    const wanted = arms.includes(arm) ? arms.filter((other) => other !== arm) : [...arms, arm]
    onChange({ ...options, arms: ARMS.map((known) => known.arm).filter((known) => wanted.includes(known)) })
  }
  const number = (label: string, values: number[], value: number, text: (value: number) => string, change: (value: number) => Partial<Options>) => (
    <label className="field">
      <span className="field-label">{label}</span>
      <select value={value} onChange={(event) => onChange({ ...options, ...change(Number(event.target.value)) })}>
        {values.map((known) => <option key={known} value={known}>{text(known)}</option>)}
      </select>
    </label>
  )
  return (
    <div className="transfer-options">
      <fieldset className="field transfer-arms">
        <legend>Settings</legend>
        {ARMS.map(({ arm, label }) => (
          <label key={arm} className="tickbox"><input type="checkbox" checked={arms.includes(arm)} onChange={() => toggle(arm)} />{label}</label>
        ))}
        <label className="tickbox">
          <input type="checkbox" checked={perChange} onChange={() => onChange({ ...options, perChange: !perChange })} />
          Each kept change by itself, too
        </label>
      </fieldset>
      <div className="transfer-numbers">
        {number('Size knobs', SCALES, scale, (value) => `times ${value}`, (chosen) => ({ scale: chosen }))}
        {number('Budget', LONGER, longer, (value) => `times ${value}`, (chosen) => ({ longer: chosen }))}
        {number('Seeds', SEEDS, seeds, String, (chosen) => ({ seeds: chosen }))}
      </div>
      {(arms.includes('data') || arms.includes('together')) && (
        <OtherText own={own} dataset={dataset} onChange={(chosen) => onChange({ ...options, dataset: chosen })} />
      )}
    </div>
  )
}

function OtherText({ own, dataset, onChange }: { own: DatasetSource; dataset: DatasetSource; onChange: (dataset: DatasetSource) => void }) {
  const { client, store } = useSession()
  const take = async (file: File) => {
    try {
      onChange(await client.api.importText(file.name, await file.arrayBuffer()))
    } catch (thrown) {
      store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) })
    }
  }
  const builtIn = own.kind === 'grammar' ? 'other built-in stories, of the same grammar' : 'the built-in stories'
  return (
    <div>
      <FileDrop
        label="Choose the other text"
        accept="text/*,.txt,.md,.jsonl,.csv,.json"
        note={dataset.kind === 'text' ? <>Using <b>{dataset.name}</b>. It stays in this browser.</> : `or drop one here. Until then: ${builtIn}.`}
        onFile={(file) => void take(file)}
      />
      {dataset.kind === 'text' && (
        <button type="button" className="button button-plain" onClick={() => onChange(otherDataset(own))}>Use {builtIn}</button>
      )}
    </div>
  )
}
