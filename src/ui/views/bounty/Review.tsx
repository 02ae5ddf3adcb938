import { useState } from 'react'
import type { ListingView, PartView, SubmissionView } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, usePersona } from '../../state/bountyContext'
import { delta } from '../../state/format'
import { Code } from './Code'
import { Sats } from './Sats'

/** The sponsor's word before the holdback: what was bought, what it scored; silence accepts. */
export function Review({ part, submission, listing }: { part: PartView; submission: SubmissionView; listing: ListingView }) {
  const desk = useDesk()
  const persona = usePersona()
  const busy = useDeskState((state) => state.busy)
  const [reason, setReason] = useState('')
  const [objecting, setObjecting] = useState(false)
  const { first } = submission.verdicts
  const say = (accept: boolean) => {
    if (busy !== null || (!accept && reason.trim() === '')) return
    void desk.attempt('review', () => desk.api.wish(persona, part.id, { do: 'review', commit: submission.commit, accept, reason: reason.trim() }))
  }
  return (
    <div className="review">
      <p>
        You have bought a program: {first && <>{delta(-first.improvementBpb)} bits per byte against the best before it, <Sats msat={first.amountMsat} play={part.isPlayMoney} /> earned at once. </>}
        Look at it before the rest is judged again. If you say nothing, the verifiers decide alone.
      </p>
      <Code label="What was changed" before={listing.spec.baseline.trainJs} after={submission.trainJs ?? ''} />
      {objecting ? (
        <>
          <label className="field">
            <span className="field-label">What is wrong with it</span>
            <textarea rows={3} maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} placeholder="The verifiers and everybody else read this" />
          </label>
          <p className="button-row">
            <button type="button" className="button button-plain" aria-disabled={reason.trim() === '' || busy !== null} onClick={() => say(false)}>Object, in public</button>
            <button type="button" className="button button-quiet" onClick={() => setObjecting(false)}>Back</button>
          </p>
        </>
      ) : (
        <p className="button-row">
          <button type="button" className="button button-primary next-button" aria-disabled={busy !== null} onClick={() => say(true)}>Accept it</button>
          <button type="button" className="button button-quiet" onClick={() => setObjecting(true)}>Object…</button>
        </p>
      )}
    </div>
  )
}
