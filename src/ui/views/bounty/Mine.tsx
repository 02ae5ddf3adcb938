import { useDesk, usePerson } from '../../state/bountyContext'
import { tameLine } from '../../state/bountyText'
import { partTitle } from '../../state/bountyWords'
import type { PartView } from '../../../worker/bountyProtocol'
import { MoneyBar } from './MoneyBar'
import { Words } from './Words'

/** Everything that somebody takes part in: what is under way first. */
export function Mine() {
  const { parts } = usePerson()
  if (parts === null) return <p className="note" role="status">Reading your bounties…</p>
  if (parts.length === 0) return <Nothing />
  const open = parts.filter(({ isOver }) => !isOver)
  const over = parts.filter(({ isOver }) => isOver)
  return (
    <div className="mine">
      {open.length > 0 && <Parts title="Under way" parts={open} />}
      {over.length > 0 && <Parts title="Over" parts={over} />}
    </div>
  )
}

/** No part yet: the two ways to one. */
function Nothing() {
  const desk = useDesk()
  return (
    <div className="card empty">
      <p>You take part in nothing yet. What you post, hunt or verify is listed here, with its money and whose turn it is.</p>
      <p className="button-row">
        <button type="button" className="button button-plain" onClick={() => desk.go({ page: 'board', bounty: null })}>Look at the board</button>
        <button type="button" className="button button-plain" onClick={() => desk.go({ page: 'post', bounty: null })}>Post a bounty</button>
      </p>
    </div>
  )
}

function Parts({ title, parts }: { title: string; parts: readonly PartView[] }) {
  const desk = useDesk()
  return (
    <section aria-label={title}>
      <h2 className="mine-title">{title}</h2>
      <ul className="mine-list">
        {parts.map((part) => (
          <li key={part.id} className={part.isPlayMoney ? 'card bounty-card-play' : 'card'}>
            <p className="note">{partTitle(part)}{part.isPlayMoney && <> <b className="play-tag">Play money</b></>}</p>
            <h3><button type="button" className="bounty-title" onClick={() => desk.go({ page: 'bounty', bounty: part.bounty })}>{tameLine(part.title, 120)}</button></h3>
            <p><Words text={part.stage} play={part.isPlayMoney} /></p>
            {part.next && <p className="mine-next"><b>Next:</b> <Words text={part.next} play={part.isPlayMoney} /></p>}
            {part.role !== 'verifier' && <MoneyBar money={part.money} play={part.isPlayMoney} lockedUntil={part.lockedUntil} />}
          </li>
        ))}
      </ul>
    </section>
  )
}
