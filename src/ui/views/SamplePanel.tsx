import { useState } from 'react'
import { LabError } from '../../core/errors'
import { useSession } from '../state/context'

const TOKENS = 200

type Sample = { prompt: string; text: string } | { problem: string; hint: string }

/** Lets a trained model write, beside the baseline where its weights are still there. */
export function SamplePanel({ number, isBaseline }: { number: number; isBaseline: boolean }) {
  const { client } = useSession()
  const [prompt, setPrompt] = useState('Once ')
  const [temperature, setTemperature] = useState(0.8)
  const [busy, setBusy] = useState(false)
  const [own, setOwn] = useState<Sample | null>(null)
  const [base, setBase] = useState<Sample | null>(null)

  const write = (which: number): Promise<Sample> => client.api.sample(which, prompt, TOKENS, temperature).then(
    (text) => ({ prompt, text }),
    (thrown: unknown) => {
      const { message, hint } = LabError.from(thrown)
      return { problem: message, hint }
    },
  )
  const generate = async () => {
    setBusy(true)
    setOwn(null)
    setBase(null)
    // one after the other: both want the same adapter
    setOwn(await write(number))
    if (!isBaseline) setBase(await write(0))
    setBusy(false)
  }

  return (
    <section className="sample" aria-labelledby="sample-title">
      <h3 id="sample-title">Let it write</h3>
      <form onSubmit={(event) => {
        event.preventDefault()
        if (!busy) void generate()
      }}>
        <label className="field sample-prompt">
          <span className="field-label">Prompt</span>
          <input type="text" value={prompt} onChange={(event) => setPrompt(event.target.value)} />
        </label>
        <label className="field">
          <span className="field-label">Temperature <span className="num">{temperature.toFixed(1)}</span></span>
          <input type="range" min={0} max={1.5} step={0.1} value={temperature}
            onChange={(event) => setTemperature(event.target.valueAsNumber)} />
        </label>
        <button type="submit" className="button button-plain" aria-disabled={busy}>
          {busy ? 'Writing…' : 'Generate'}
        </button>
      </form>
      <div className="sample-pair" aria-live="polite">
        {!isBaseline && (base || busy) && <Written title="Baseline" sample={base} />}
        {(own || busy) && <Written title={isBaseline ? 'Baseline' : `Experiment ${number}`} sample={own} />}
      </div>
    </section>
  )
}

/** What one model has written; null while it writes. */
function Written({ title, sample }: { title: string; sample: Sample | null }) {
  return (
    <figure className="written">
      <figcaption>{title}</figcaption>
      {!sample && <p className="note">Writing…</p>}
      {sample && 'text' in sample && <p className="written-text"><b>{sample.prompt}</b>{sample.text}</p>}
      {sample && 'problem' in sample && <p className="note">{sample.problem} {sample.hint}</p>}
    </figure>
  )
}
