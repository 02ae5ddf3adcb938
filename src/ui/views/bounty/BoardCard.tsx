import type { ListingView } from '../../../worker/bountyProtocol'
import { useNameOf } from '../../state/bountyContext'
import { tameLine } from '../../state/bountyText'
import { ESCROWS, isOpen, leftText, verifiersText } from '../../state/bountyWords'
import { bpb, plural } from '../../state/format'
import { Icon } from '../Icon'
import { Sats } from './Sats'
import { Star } from './Star'

/** One bounty on the board: what is offered for what, how far it has come, and how safe the money is. */
export function BoardCard({ listing, now, onOpen, onWatch }: { listing: ListingView; now: number; onOpen: () => void; onWatch: () => void }) {
  const { spec, author } = listing
  const nameOf = useNameOf()
  const isPlay = spec.money === 'play'
  const open = isOpen(listing, now)
  const title = tameLine(spec.title, 120)
  const verifiers = verifiersText(spec, author)
  return (
    <li className={isPlay ? 'card bounty-card bounty-card-play' : 'card bounty-card'} data-bounty={listing.id}>
      <div className="bounty-card-head">
        <div>
          <h2><button type="button" className="bounty-title" onClick={onOpen}>{title}</button></h2>
          <p className="note">{tameLine(spec.task.name, 60)}, by {nameOf(author)}</p>
        </div>
        <p className="bounty-pool"><Sats msat={spec.poolSat * 1000} play={isPlay} fiat /></p>
        <Star on={listing.watched} title={title} onToggle={onWatch} />
      </div>
      <dl className="facts bounty-facts">
        <div><dt>For a gain of</dt><dd className="num">{spec.targetImprovementBpb} bpb</dd></div>
        <div><dt>Best so far</dt><dd className="num">{listing.bestBpb === null ? 'not measured yet' : `${bpb(listing.bestBpb)} bpb`}</dd></div>
        <div><dt>Left in the pool</dt><dd>{listing.leftSat === null ? 'not known' : <Sats msat={listing.leftSat * 1000} play={isPlay} />}</dd></div>
        <div><dt>{open ? 'Open for' : 'State'}</dt><dd className="num">{open ? leftText(spec.deadline, now) : 'closed'}</dd></div>
        <div><dt>Handed in</dt><dd className="num">{plural(listing.submissions, 'program')}</dd></div>
      </dl>
      <p className="bounty-labels">
        <span className={spec.escrow === 'unescrowed' ? 'label label-warn' : 'label'} title={ESCROWS[spec.escrow].about}><Icon name={spec.escrow === 'unescrowed' ? 'warn' : 'check'} size={13} />{ESCROWS[spec.escrow].short}</span>
        <span className={verifiers.isTrusted ? 'label label-warn' : 'label'}><Icon name={verifiers.isTrusted ? 'warn' : 'eye'} size={13} />{verifiers.label}</span>
        {isPlay && <span className="play-tag">Play money</span>}
      </p>
    </li>
  )
}
