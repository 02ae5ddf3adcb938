import { useState } from 'react'
import { LabError } from '../../../core/errors'
import type { Phase, Verdict } from '../../../bounty/types'
import type { ListingView, PartView, SubmissionView } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, useNameOf, usePersona } from '../../state/bountyContext'
import { tameLine } from '../../state/bountyText'
import { bpb, delta, percent } from '../../state/format'
import { Icon } from '../Icon'
import { Code } from './Code'
import { MoneyBar } from './MoneyBar'
import { Sats } from './Sats'
import { Words } from './Words'

const PHASES: Record<Phase, string> = { first: 'First verdict', stability: 'Re-check' }

/** Everything about one submission: verdicts with their slices, each verifier's scores, the program once it may be read. */
export function SubmissionDetail({ submission, part, listing }: { submission: SubmissionView; part: PartView; listing: ListingView }) {
  const play = part.isPlayMoney
  const { verdicts, scores, trainJs, complaint, money } = submission
  return (
    <div className="submission">
      {complaint && <p className="problem"><b>{verdicts.first ? 'Something does not add up.' : 'Refused.'}</b> <Words text={complaint} play={play} /></p>}
      {(['first', 'stability'] as const).map((phase) => verdicts[phase] && <VerdictFacts key={phase} title={PHASES[phase]} verdict={verdicts[phase]} play={play} slices={listing.spec.slices} />)}
      {scores.some(({ first }) => first !== null) && <Scores submission={submission} />}
      {part.role === 'sponsor' && part.submissions.length > 1 && <MoneyBar money={money} play={play} />}
      {trainJs !== null && <Code label={part.role === 'sponsor' ? 'What you bought: the changes' : 'The changes'} before={listing.spec.baseline.trainJs} after={trainJs} />}
      {trainJs === null && part.role === 'sponsor' && <p className="note">The program can be read as soon as one slice of it is paid.</p>}
      {verdicts.first && <Reverify listing={listing} submission={submission} />}
    </div>
  )
}

function VerdictFacts({ title, verdict, play, slices }: { title: string; verdict: Verdict; play: boolean; slices: number }) {
  const { accepted, heldOutBpb, improvementBpb, bestBeforeBpb, ratio, released, amountMsat, reason } = verdict
  return (
    <div className="verdict verdict-money">
      <p className={accepted ? 'badge badge-gold' : 'badge badge-bad'}><Icon name={accepted ? 'check' : 'cross'} size={14} />{title}: {accepted ? 'accepted' : 'refused'}</p>
      <p><Words text={reason} play={play} /></p>
      <dl className="facts">
        <div><dt>Held-out score, bpb</dt><dd className="num">{bpb(heldOutBpb)}</dd></div>
        <div><dt>Best before it, bpb</dt><dd className="num">{bpb(bestBeforeBpb)}</dd></div>
        <div><dt>Change, bpb</dt><dd className="num">{delta(-improvementBpb)}</dd></div>
        <div><dt>Of the target</dt><dd className="num">{percent(ratio, 0)}</dd></div>
        <div><dt>Slices released</dt><dd className="num">{released.length} of {slices}</dd></div>
        <div><dt>Worth</dt><dd><Sats msat={amountMsat} play={play} /></dd></div>
      </dl>
    </div>
  )
}

function Scores({ submission: { scores } }: { submission: SubmissionView }) {
  const nameOf = useNameOf()
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Scores of each verifier">
      <table className="seed-table">
        <thead><tr><th scope="col">Verifier</th><th scope="col" className="num">Held out, bpb</th><th scope="col" className="num">Public, bpb</th><th scope="col" className="num">Re-check, bpb</th><th scope="col">Each seed, bpb</th><th scope="col">Measured on</th></tr></thead>
        <tbody>
          {scores.map(({ verifier, first, stability }) => (
            <tr key={verifier}>
              <td>{nameOf(verifier)}</td>
              <td className="num">{bpb(first?.heldOutBpb)}</td>
              <td className="num">{bpb(first?.publicBpb)}</td>
              <td className="num">{bpb(stability?.heldOutBpb)}{stability && stability.heldOutSet > 0 && <small> on text {stability.heldOutSet + 1}</small>}</td>
              <td>{first ? first.scores.slice(0, 9).map((score) => score.toFixed(4)).join(', ') : '–'}</td>
              <td>{first ? tameLine(first.adapter, 80) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Trains it again here, and compares with what the verifiers said. */
function Reverify({ listing, submission }: { listing: ListingView; submission: SubmissionView }) {
  const desk = useDesk()
  const persona = usePersona()
  const busy = useDeskState((state) => state.busy)
  const [said, setSaid] = useState<{ agrees: boolean | null; text: string } | null>(null)
  const [measuring, setMeasuring] = useState(false)
  const run = async () => {
    setSaid(null)
    setMeasuring(true)
    try {
      const { agrees, reason } = await desk.api.reverify(persona, listing.id, submission.commit)
      setSaid({ agrees, text: reason })
    } catch (thrown) {
      const { message, hint } = LabError.from(thrown)
      setSaid({ agrees: null, text: `${message} ${hint}` })
    }
    setMeasuring(false)
  }
  return (
    <div className="reverify">
      <button type="button" className="button button-plain" aria-disabled={busy !== null || measuring} onClick={() => {
        if (busy === null && !measuring) void run()
      }}>{measuring ? 'Training it again…' : 'Re-verify here'}</button>
      <p className="note">Anybody who can read the program can run it again, once the held-out text is revealed.</p>
      <p role="status" className={said?.agrees === false ? 'problem' : undefined}>
        {said && <><b>{said.agrees === null ? '' : said.agrees ? 'It agrees. ' : 'It does not agree. '}</b>{tameLine(said.text, 800)}</>}
      </p>
    </div>
  )
}
