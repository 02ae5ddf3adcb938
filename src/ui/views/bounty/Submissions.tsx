import { useState } from 'react'
import type { ListingView, PartView, SubmissionView } from '../../../worker/bountyProtocol'
import { useNameOf } from '../../state/bountyContext'
import { bpb, delta } from '../../state/format'
import { Icon } from '../Icon'
import { Sats } from './Sats'
import { SubmissionDetail } from './SubmissionDetail'
import { Words } from './Words'

/** What was handed in, by place: score, verdict and money of each; the rest behind a click. */
export function Submissions({ part, listing }: { part: PartView; listing: ListingView }) {
  const [open, setOpen] = useState<string | null>(part.submissions.length === 1 ? part.submissions[0].commit : null)
  const title = part.role === 'verifier' ? 'The queue' : part.role === 'hunter' ? 'What you handed in' : 'Submissions'
  const sorted = [...part.submissions].sort((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity))
  return (
    <section className="card" aria-label={title}>
      <div className="card-head"><h2>{title}</h2></div>
      <ul className="submissions">
        {sorted.map((submission) => (
          <Row key={submission.commit} submission={submission} part={part} listing={listing} open={open === submission.commit}
            onToggle={() => setOpen(open === submission.commit ? null : submission.commit)} />
        ))}
      </ul>
    </section>
  )
}

function Row({ submission, part, listing, open, onToggle }: { submission: SubmissionView; part: PartView; listing: ListingView; open: boolean; onToggle: () => void }) {
  const nameOf = useNameOf()
  const play = part.isPlayMoney
  const { place, author, verdicts, stage, money } = submission
  const verdict = verdicts.stability ?? verdicts.first
  return (
    <li data-place={place ?? undefined}>
      <button type="button" className="submission-head" aria-expanded={open} onClick={onToggle}>
        <span className="submission-place num">{place === null ? '–' : `#${place}`}</span>
        <span className="submission-who">{nameOf(author)}</span>
        <span className="submission-score num">{verdict ? <>{bpb(verdict.heldOutBpb)} <small>{delta(-verdict.improvementBpb)}</small></> : 'not scored yet'}</span>
        <VerdictBadge submission={submission} />
        <Icon name="down" size={14} />
      </button>
      <p className="submission-stage"><Words text={stage} play={play} />{part.role !== 'verifier' && money.paidMsat > 0 && <> Paid so far: <Sats msat={money.paidMsat} play={play} />.</>}</p>
      {open && <SubmissionDetail submission={submission} part={part} listing={listing} />}
    </li>
  )
}

function VerdictBadge({ submission: { verdicts, complaint } }: { submission: SubmissionView }) {
  if (!verdicts.first && complaint === null) return <span className="badge"><Icon name="clock" size={14} />Waiting</span>
  if (!verdicts.first?.accepted) return <span className="badge badge-bad"><Icon name="cross" size={14} />Refused</span>
  return verdicts.stability === null
    ? <span className="badge badge-gold"><Icon name="check" size={14} />Accepted</span>
    : <span className="badge badge-gold"><Icon name="check" size={14} />{verdicts.stability.accepted ? 'Accepted twice' : 'Accepted once'}</span>
}
