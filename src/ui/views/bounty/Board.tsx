import { useState } from 'react'
import { EVERYTHING, pick } from '../../state/bountyBoard'
import type { BoardFilter } from '../../state/bountyBoard'
import { useDesk, useNow, usePerson, usePersona } from '../../state/bountyContext'
import { plural } from '../../state/format'
import { BoardCard } from './BoardCard'
import { BoardFilters } from './BoardFilters'
import { FirstSteps } from './FirstSteps'
import { ImportFile } from './ImportFile'
import { Relays, RelayLine } from './Relays'

const MOST_SHOWN = 60

/** Every bounty that has reached this browser. */
export function Board() {
  const desk = useDesk()
  const persona = usePersona()
  const { board, self } = usePerson()
  const [filter, setFilter] = useState<BoardFilter>(EVERYTHING)
  const [most, setMost] = useState(MOST_SHOWN)
  const now = useNow()
  const found = board ? pick(board, filter, now) : []
  return (
    <div className="board">
      <RelayLine self={self} />
      {board === null && <p className="note" role="status">Reading the board…</p>}
      {board?.length === 0 && <FirstSteps />}
      {board !== null && board.length > 0 && (
        <>
          <BoardFilters filter={filter} onChange={setFilter} />
          <p className="note" role="status">{found.length === board.length ? plural(board.length, 'bounty').replace('bountys', 'bounties') : `${found.length} of ${board.length} bounties`}</p>
          {found.length === 0 && <p className="card empty">No bounty is like that. <button type="button" className="button button-plain" onClick={() => setFilter(EVERYTHING)}>Show all</button></p>}
          <ul className="board-list">
            {found.slice(0, most).map((listing) => (
              <BoardCard key={listing.id} listing={listing} now={now}
                onOpen={() => desk.go({ page: 'bounty', bounty: listing.id })}
                onWatch={() => void desk.attempt('watch', () => desk.api.watch(persona, listing.id, !listing.watched))} />
            ))}
          </ul>
          {found.length > most && <button type="button" className="button button-plain" onClick={() => setMost(most + MOST_SHOWN)}>Show more</button>}
        </>
      )}
      <div className="board-tools">
        <ImportFile />
        <Relays self={self} />
      </div>
    </div>
  )
}
