import { lazy, Suspense, useState } from 'react'
import type { Answer, Question } from '../../../worker/researchProtocol'
import { delta, percent } from '../../state/format'

const CodeEditor = lazy(() => import('../CodeEditor'))
const DiffView = lazy(() => import('../DiffView'))

/** A proposal before it runs: what it changes and promises; run it, run it changed, or skip it. */
export function ApproveCard({ question, canAnswer, onAnswer }: {
  question: Extract<Question, { kind: 'approve' }>
  canAnswer: boolean
  onAnswer: (answer: Answer) => Promise<boolean>
}) {
  const { proposer, hypothesis, expectedDelta, expectedProbability, before, after } = question
  const [edited, setEdited] = useState<string | null>(null)
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const give = async (answer: Answer) => {
    if (busy || !canAnswer) return
    setBusy(true)
    await onAnswer(answer)
    setBusy(false)
  }
  const isOwn = edited !== null && edited !== after
  return (
    <>
      <p className="question-hypothesis">{hypothesis}</p>
      <p className="note">
        Proposed by {proposer}.
        {expectedDelta !== null && ` It expects a change of ${delta(expectedDelta)} bits per byte`}
        {expectedDelta !== null && (expectedProbability === null ? '.' : `, and to be kept with a probability of ${percent(expectedProbability, 0)}.`)}
        {expectedDelta === null && expectedProbability !== null && ` It expects to be kept with a probability of ${percent(expectedProbability, 0)}.`}
      </p>
      <div className={edited === null ? 'diff' : 'editor-frame'}>
        <Suspense fallback={<p className="note">Loading…</p>}>
          {edited === null
            ? <DiffView before={before} after={after} />
            : <CodeEditor label="train.js, your version of the proposal" language="javascript" text={edited} onChange={setEdited} />}
        </Suspense>
      </div>
      <div className="question-answers">
        <button type="button" className="button button-primary" aria-disabled={busy || !canAnswer} onClick={() => void give(isOwn ? { kind: 'run', trainJs: edited } : { kind: 'run' })}>
          {isOwn ? 'Run my version' : 'Run it'}
        </button>
        <button type="button" className="button button-plain" onClick={() => setEdited(edited === null ? after : null)}>
          {edited === null ? 'Edit it' : 'Back to the proposal'}
        </button>
        <form className="skip-form" onSubmit={(event) => {
          event.preventDefault()
          void give({ kind: 'skip', reason: reason.trim() })
        }}>
          <label className="field">
            <span className="visually-hidden">Why it is skipped</span>
            <input type="text" maxLength={500} placeholder="Why not (the researcher reads it)" value={reason} onChange={(event) => setReason(event.target.value)} />
          </label>
          <button type="submit" className="button button-plain" aria-disabled={busy || !canAnswer}>Skip it</button>
        </form>
      </div>
    </>
  )
}
