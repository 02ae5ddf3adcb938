import { useDesk, useDeskState } from '../../state/bountyContext'
import { ROLE_ABOUT } from '../../state/bountyWords'

/** The empty board: what a bounty is, and how to begin. */
export function FirstSteps() {
  const desk = useDesk()
  const busy = useDeskState((state) => state.busy)
  const practice = useDeskState((state) => state.practice)
  // the tour has a next button of its own
  const touring = useDeskState((state) => state.place.step !== null)
  return (
    <div className="card first-steps">
      <h2>{practice ? 'No bounty has been posted yet' : 'No bounty has reached this browser yet'}</h2>
      <p className="note">Three take part in a bounty:</p>
      <ol className="loop first-loop">
        <li><b>Sponsor</b>A person who {ROLE_ABOUT.sponsor}.</li>
        <li><b>Hunter</b>A person or a lab that {ROLE_ABOUT.hunter}.</li>
        <li><b>Verifier</b>A judge who {ROLE_ABOUT.verifier}.</li>
      </ol>
      <p className="button-row">
        {practice
          ? <button type="button" className={touring ? 'button button-plain' : 'button button-primary'} onClick={() => desk.go({ persona: 'sponsor', page: 'post' })}>Post a bounty as the sponsor</button>
          : !touring && <button type="button" className="button button-primary" aria-disabled={busy !== null} onClick={() => {
            if (busy === null) desk.go({ page: 'guide' })
          }}>See one in five minutes</button>}
        {!practice && <button type="button" className="button button-plain" onClick={() => desk.go({ page: 'wallet' })}>Connect a wallet</button>}
      </p>
      <p className="note">{practice ? 'The three of this tab hear each other at once; no relay is needed.' : 'Bounties come over relays that you choose, or as a file that somebody gives you.'}</p>
    </div>
  )
}
