import { useId } from 'react'
import type { BackendChoice } from '../../judge/types'
import { useApp, useSession } from '../state/context'
import { BACKEND_CHOICES, engineLine, whyProcessor } from '../state/engine'
import type { GpuSupport } from '../state/gpuSupport'
import { Icon } from './Icon'

/** What trains the models, why, and the switch to something else. */
export function RunsOn() {
  const session = useSession()
  const adapter = useApp((state) => state.adapter)
  const support = useApp((state) => state.support)
  const choice = useApp((state) => state.backend)
  const problem = useApp((state) => state.engineProblem)
  const isWorking = useApp((state) => state.status.phase !== 'idle' && state.status.phase !== 'failed')
  const noteId = useId()
  const why = adapter ? whyProcessor(adapter, choice, support) : ''
  const reason = isWorking ? 'Stop the lab to choose another: the runs of a lab are compared with each other.' : ''
  return (
    <section className="runs-on" aria-label="What trains">
      <div className="runs-on-row">
        <p>
          <span className="runs-on-term">Trains on</span>
          <b>{adapter ? engineLine(adapter) : problem ? 'Nothing yet' : 'Looking for what there is…'}</b>
        </p>
        <select
          aria-label="Train on"
          aria-describedby={reason ? noteId : undefined}
          title={reason}
          value={choice}
          disabled={isWorking}
          onChange={(event) => void session.chooseBackend(event.target.value as BackendChoice)}
        >
          {BACKEND_CHOICES.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
        </select>
      </div>
      {why && <p className="note">{why}</p>}
      {reason && <p className="note" id={noteId}>{reason}</p>}
      {problem && (
        <div className="runs-on-problem" role="alert">
          <p><b>{problem.message.replace(/\.?$/, '.')}</b> {problem.hint}</p>
          {choice !== 'auto' && (
            <button type="button" className="button button-plain" onClick={() => void session.chooseBackend('auto')}>
              Back to automatic
            </button>
          )}
        </div>
      )}
      {support && !support.ok && (why || problem) && <Advice support={support} />}
    </section>
  )
}

/** How to get WebGPU, for those who want it faster. */
function Advice({ support }: { support: GpuSupport }) {
  return (
    <details className="runs-on-advice">
      <summary><Icon name="right" size={14} />How to train on the graphics card</summary>
      <p className="note">On a real graphics card the same lab is usually much faster. Seen here: {support.where}.</p>
      <ol>
        {support.steps.map((step) => <li key={step}>{step}</li>)}
      </ol>
    </details>
  )
}
