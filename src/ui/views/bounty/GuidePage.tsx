import { GUIDE } from '../../state/bountyGuide'
import { useDesk, useDeskState } from '../../state/bountyContext'
import { PERSONA_NAMES, ROLE_ABOUT } from '../../state/bountyWords'
import { useLabs } from '../../state/context'
import { Icon } from '../Icon'

/** For a class, and for anybody who wants to see it before using it. */
export function GuidePage() {
  const desk = useDesk()
  const state = useDeskState((all) => all)
  const labs = useLabs()
  const facts = { desk: state, hasLab: labs?.some(({ incumbent }) => incumbent !== null) === true }
  const done = GUIDE.map((step) => step.done(facts))
  const begin = () => desk.go({ page: 'board', bounty: null, step: Math.max(0, done.indexOf(false)) })
  return (
    <div className="guide-page">
      <section className="card" aria-labelledby="five-title">
        <h2 id="five-title">A bounty in five minutes</h2>
        <p>
          You play all three: the <b>sponsor</b>, who {ROLE_ABOUT.sponsor}; the <b>hunter</b>, who {ROLE_ABOUT.hunter}; and the <b>verifier</b>, who {ROLE_ABOUT.verifier}.
          The Lightning nodes are real and so is every payment, but the chain is private to this browser and the money is worth nothing.
        </p>
        <p className="button-row">
          <button type="button" className="button button-primary next-button" onClick={begin}>{done.includes(true) && state.practice ? 'Go on' : 'Begin'}</button>
        </p>
        <p className="note">Nothing to install and no account. A reload loses nothing. For a class on several computers, one makes the network under Wallet and the others join by its code.</p>
      </section>
      <ol className="guide-steps">
        {GUIDE.map((step, i) => (
          <li key={step.title}>
            <h3><span className="num">{i + 1}</span> {step.title} <small>{PERSONA_NAMES[step.persona]}</small>{done[i] && state.practice && <span className="badge badge-gold"><Icon name="check" size={14} />Done</span>}</h3>
            <p>{step.look}</p>
          </li>
        ))}
      </ol>
      <section className="card" aria-labelledby="ideas-title">
        <h2 id="ideas-title">The three ideas</h2>
        <dl className="ideas">
          <dt>Hold invoice</dt>
          <dd>A payment in two halves. First it is locked on its way, where neither side can spend it. Then it is either taken, by telling a secret, or given back. If neither happens before a fixed block, it goes back by itself.</dd>
          <dt>Slices</dt>
          <dd>A hold invoice is paid whole or not at all, and nobody knows the score when the money is locked. So the pool is cut into equal slices, each with a secret of its own: a score of 60 % releases 60 % of them.</dd>
          <dt>The same secret opens the work</dt>
          <dd>The program is encrypted under every released secret. Taking a slice tells the sponsor the secret: payment and delivery are one act, without a middleman who holds either.</dd>
        </dl>
      </section>
      <section className="card" aria-labelledby="cheat-title">
        <h2 id="cheat-title">Who could still cheat</h2>
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Table: who can, who cannot">
          <table>
            <thead><tr><th scope="col">Who</th><th scope="col">Can</th><th scope="col">Cannot</th></tr></thead>
            <tbody>
              <tr><th scope="row">Sponsor</th><td>never lock, and then never see the work</td><td>take back what is locked; read the program without paying a slice</td></tr>
              <tr><th scope="row">Hunter</th><td>keep money locked until its block; try to fit the score</td><td>take money without a released secret</td></tr>
              <tr><th scope="row">Verifier</th><td>leak the work, hold back, or release wrongly, for its own slices</td><td>hide it: after the reveal anybody can measure again</td></tr>
            </tbody>
          </table>
        </div>
      </section>
    </div>
  )
}
