import { useState } from 'react'
import type { ListingView, PartView } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, usePersona } from '../../state/bountyContext'
import { partTitle } from '../../state/bountyWords'
import { MoneyBar } from './MoneyBar'
import { Submissions } from './Submissions'
import { Timeline } from './Timeline'
import { Unattended } from './Unattended'
import { Words } from './Words'

/** What somebody does about a bounty: where it stands, where the money is, what was handed in, what happened. */
export function Part({ part, listing, isOnly }: { part: PartView; listing: ListingView; isOnly: boolean }) {
  const play = part.isPlayMoney
  return (
    <div className="part" role="group" aria-label={partTitle(part)}>
      <section className="card" aria-label={`Where it stands: ${partTitle(part)}`}>
        <div className="card-head">
          <h2>{partTitle(part)}</h2>
          <div className="card-tools"><Wishes part={part} /></div>
        </div>
        <p className="part-stage" role="status"><Words text={part.stage} play={play} /></p>
        {!isOnly && part.next && <p className="mine-next"><b>Next:</b> <Words text={part.next} play={play} /></p>}
        {part.role === 'verifier' ? <Unattended bounty={part.bounty} /> : <MoneyBar money={part.money} play={play} lockedUntil={part.lockedUntil} />}
      </section>
      {part.submissions.length > 0 && <Submissions part={part} listing={listing} />}
      <Timeline entries={part.timeline} play={play} />
    </div>
  )
}

/** What can be taken back or ended, asked for twice. */
function Wishes({ part }: { part: PartView }) {
  const desk = useDesk()
  const persona = usePersona()
  const busy = useDeskState((state) => state.busy)
  const [sure, setSure] = useState<'withdraw' | 'close' | null>(null)
  const wishes = part.wishes.filter((wish) => wish === 'withdraw' || wish === 'close')
  if (wishes.length === 0) return null
  const wish = (what: 'withdraw' | 'close') => {
    if (busy !== null) return
    setSure(null)
    void desk.attempt(what, () => desk.api.wish(persona, part.id, what === 'close' ? { do: 'close', reason: '' } : { do: 'withdraw' }))
  }
  return wishes.map((what) => sure === what ? (
    <span key={what} className="sure" role="group" aria-label="Are you sure?">
      <span className="note">{what === 'close' ? 'Nothing new is accepted then; what is under way goes on.' : 'Nobody has seen your program; nothing is earned.'}</span>
      <button type="button" className="button button-plain" onClick={() => wish(what)}>{what === 'close' ? 'Close it' : 'Withdraw it'}</button>
      <button type="button" className="button button-quiet" onClick={() => setSure(null)}>No</button>
    </span>
  ) : (
    <button key={what} type="button" className="button button-quiet" onClick={() => setSure(what)}>{what === 'close' ? 'Close the bounty…' : 'Withdraw…'}</button>
  ))
}
