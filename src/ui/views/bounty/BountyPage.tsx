import { useState } from 'react'
import type { ListingView } from '../../../worker/bountyProtocol'
import { useDesk, useNameOf, useNow, usePartsOf, usePerson, usePersona } from '../../state/bountyContext'
import { tame, tameLine } from '../../state/bountyText'
import { isOpen, leftText, verifiersText } from '../../state/bountyWords'
import { Icon } from '../Icon'
import { Files } from './Files'
import { NextAction } from './NextAction'
import { Part } from './Part'
import { Sats } from './Sats'
import { Star } from './Star'
import { Terms } from './Terms'

/** One bounty as whoever acts sees it: what to do next, where the money is, what happened, and the terms. */
export function BountyPage({ id }: { id: string }) {
  const desk = useDesk()
  const persona = usePersona()
  const { board } = usePerson()
  const listing = board?.find((entry) => entry.id === id)
  const back = <button type="button" className="button button-quiet back" onClick={() => desk.go({ page: 'board', bounty: null })}><Icon name="left" size={14} />Board</button>
  if (board === null) return <p className="note" role="status">Reading the board…</p>
  if (!listing) return <>{back}<p className="card empty">This bounty has not reached {persona === 'me' ? 'this browser' : `the ${persona}`} yet.</p></>
  return <>{back}<Shown listing={listing} /></>
}

function Shown({ listing }: { listing: ListingView }) {
  const desk = useDesk()
  const persona = usePersona()
  const nameOf = useNameOf()
  const parts = usePartsOf(listing.id)
  const now = useNow()
  const [whole, setWhole] = useState(false)
  const { spec, author } = listing
  const play = spec.money === 'play'
  const open = isOpen(listing, now)
  const title = tameLine(spec.title, 120)
  const { isTrusted, label } = verifiersText(spec, author)
  const description = tame(spec.description, whole ? 8000 : 600)
  return (
    <article className="bounty" aria-labelledby="bounty-title">
      <header className="bounty-head">
        <div>
          <h2 id="bounty-title">{title}</h2>
          <p className="note">Offered by {nameOf(author)}. {open ? `Open for ${leftText(spec.deadline, now)}.` : 'Closed.'} {isTrusted && <b className="warning-text">{label}.</b>}</p>
        </div>
        <p className="bounty-pool"><Sats msat={spec.poolSat * 1000} play={play} fiat /><small>for {spec.targetImprovementBpb} bits per byte</small></p>
        <Star on={listing.watched} title={title} onToggle={() => void desk.attempt('watch', () => desk.api.watch(persona, listing.id, !listing.watched))} />
      </header>
      {description.trim() !== '' && (
        <div className="bounty-description">
          <p dir="auto">{description}</p>
          {spec.description.length > 600 && <button type="button" className="chip-button" onClick={() => setWhole(!whole)}>{whole ? 'Less' : 'All of it'}</button>}
        </div>
      )}
      <div className="bounty-grid">
        <div className="bounty-main">
          <NextAction listing={listing} parts={parts} now={now} />
          {parts.map((part) => <Part key={part.id} part={part} listing={listing} isOnly={parts.length === 1} />)}
        </div>
        <div className="bounty-side">
          <Terms listing={listing} />
          <Files bounty={listing.id} />
        </div>
      </div>
    </article>
  )
}
