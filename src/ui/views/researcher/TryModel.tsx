import { useState } from 'react'
import { LabError } from '../../../core/errors'
import type { ModelSpec } from '../../../research/models/types'
import type { ResearchApi } from '../../../worker/researchProtocol'
import { useSession } from '../../state/context'
import { costText } from '../../state/costs'
import { withoutSecrets, DEFAULT_SPEC } from '../../state/researchers'
import { AllowAddress } from '../AllowAddress'

type Trial = Awaited<ReturnType<ResearchApi['tryModel']>>

/** Asks the model one small question: what it says, or what stands in the way and what to do about it. */
export function TryModel({ spec }: { spec: ModelSpec }) {
  const { api } = useSession().client
  const [busy, setBusy] = useState(false)
  const [trial, setTrial] = useState<{ of: ModelSpec; got: Trial } | null>(null)
  const ask = async () => {
    setBusy(true)
    const { model } = withoutSecrets({ ...DEFAULT_SPEC, model: spec })
    const got = await api.tryModel(model).catch((thrown: unknown) => (
      { reply: '', cost: { requests: 0, inputTokens: 0, outputTokens: 0, usd: null, wallMs: 0 }, error: LabError.from(thrown).toJSON() }
    ))
    setTrial({ of: spec, got })
    setBusy(false)
  }
  const shown = trial?.of === spec ? trial.got : null
  return (
    <div className="try-model">
      <button type="button" className="button button-plain" aria-disabled={busy} onClick={() => {
        if (!busy) void ask()
      }}>
        {busy ? 'Asking…' : 'Try it'}
      </button>
      <div aria-live="polite">
        {shown && shown.error === null && (
          <p className="try-answer"><q>{shown.reply.slice(0, 300)}</q> <span className="note">{costText(shown.cost)}</span></p>
        )}
        {shown?.error && (
          <p className="problem"><b>{shown.error.message}</b> <span className="problem-hint">{shown.error.hint}</span><AllowAddress error={shown.error} /></p>
        )}
      </div>
    </div>
  )
}
