import { PLAYED } from '../../state/bountyDesk'
import { useDesk, useDeskState } from '../../state/bountyContext'
import { shortKey } from '../../state/bountyText'
import { PERSONA_NAMES } from '../../state/bountyWords'
import { Icon } from '../Icon'
import { Copy } from './Copy'
import { Sats } from './Sats'

/** Who acts: the reader, or in practice one of the three people that one person plays with play money. */
export function PersonaBar() {
  const practice = useDeskState((state) => state.practice)
  return practice ? <Practice /> : <Alone />
}

function Alone() {
  const desk = useDesk()
  const self = useDeskState(({ people }) => people.me.self)
  const busy = useDeskState((state) => state.busy)
  // the walk-through begins with the same
  const isGuided = useDeskState(({ place }) => place.step !== null || place.page === 'guide')
  return (
    <div className="persona-bar">
      <p className="persona-me">
        <span>You are <code title={self?.publicKey}>{self ? shortKey(self.publicKey) : '…'}</code> on the board.</span>
        {self && <Copy text={self.publicKey} label="Copy your public key" />}
        <span className="note">Your public key, made in this browser. Sponsors name verifiers by theirs.</span>
      </p>
      {!isGuided && (
        <button type="button" className="button button-play" aria-disabled={busy !== null} onClick={() => {
          if (busy === null) void desk.startPractice()
        }}>
          <Icon name="play" size={14} />{busy === 'practice' ? 'Making a private network…' : 'Play a whole bounty in this tab, with play money'}
        </button>
      )}
    </div>
  )
}

function Practice() {
  const desk = useDesk()
  const persona = useDeskState((state) => state.place.persona)
  const autoPay = useDeskState((state) => state.autoPay)
  return (
    <>
      <div className="practice" role="region" aria-label="Practice">
        <p><b className="play-tag">Play money</b> Nothing here is worth anything: three people of yours on a private network within this browser.</p>
        <label className="tickbox">
          <input type="checkbox" checked={autoPay} onChange={() => desk.setAutoPay(!autoPay)} />
          Pay play money without asking (practice only)
        </label>
        <button type="button" className="button button-quiet" onClick={() => desk.leavePractice()}>Leave practice</button>
      </div>
      <fieldset className="practice-people">
        <legend className="visually-hidden">Who you are now</legend>
        {PLAYED.map((role) => <Person key={role} role={role} current={persona === role} />)}
      </fieldset>
    </>
  )
}

function Person({ role, current }: { role: (typeof PLAYED)[number]; current: boolean }) {
  const desk = useDesk()
  const balance = useDeskState(({ people }) => people[role].wallet?.info?.balanceMsat ?? null)
  const asked = useDeskState((state) => state.asked.some(({ persona }) => persona === role))
  return (
    <label className="practice-person">
      <input type="radio" name="persona" checked={current} onChange={() => desk.go({ persona: role })} />
      <span>
        <b>{PERSONA_NAMES[role]}</b>
        <small>{balance === null ? 'no wallet yet' : <Sats msat={balance} play />}{asked && <em> · is asked to pay</em>}</small>
      </span>
    </label>
  )
}
