import { ESCROWS } from '../../state/bountyWords'
import type { BoardFilter } from '../../state/bountyBoard'

/** Narrows the board down. */
export function BoardFilters({ filter, onChange }: { filter: BoardFilter; onChange: (filter: BoardFilter) => void }) {
  const set = (change: Partial<BoardFilter>) => onChange({ ...filter, ...change })
  return (
    <div className="board-filters" role="search" aria-label="Bounties">
      <label className="field board-search">
        <span className="field-label">Search</span>
        <input type="text" autoComplete="off" placeholder="Title, text, key" value={filter.search} maxLength={200} onChange={(event) => set({ search: event.target.value })} />
      </label>
      <label className="field">
        <span className="field-label">How it is paid</span>
        <select value={filter.escrow} onChange={(event) => set({ escrow: event.target.value as BoardFilter['escrow'] })}>
          <option value="any">Any way</option>
          {Object.entries(ESCROWS).map(([value, { short }]) => <option key={value} value={value}>{short}</option>)}
        </select>
      </label>
      <label className="field">
        <span className="field-label">Money</span>
        <select value={filter.money} onChange={(event) => set({ money: event.target.value as BoardFilter['money'] })}>
          <option value="any">Real and play</option>
          <option value="real">Real only</option>
          <option value="play">Play only</option>
        </select>
      </label>
      <label className="field">
        <span className="field-label">Order</span>
        <select value={filter.order} onChange={(event) => set({ order: event.target.value as BoardFilter['order'] })}>
          <option value="newest">Newest first</option>
          <option value="pool">Largest pool first</option>
          <option value="deadline">Ending soonest first</option>
        </select>
      </label>
      <p className="board-toggles">
        <button type="button" className="chip-button" aria-pressed={filter.open} onClick={() => set({ open: !filter.open })}>Open only</button>
        <button type="button" className="chip-button" aria-pressed={filter.watched} onClick={() => set({ watched: !filter.watched })}>Watched only</button>
      </p>
    </div>
  )
}
