import { useState } from 'react'
import type { Experiment } from '../../history/types'
import { useApp, useSession } from '../state/context'
import { bpb, delta } from '../state/format'
import { MODES, ORDERS } from '../state/guidance'
import { Badge } from './Badge'

const FILTERS = ['all', 'kept', 'discarded', 'failed'] as const
type Filter = (typeof FILTERS)[number]

/** From so many on only those are laid out that are looked at. */
const LONG = 60

function passes(row: Experiment, filter: Filter): boolean {
  if (filter === 'all') return true
  if (filter === 'kept') return row.status === 'keep' || row.status === 'baseline'
  if (filter === 'discarded') return row.status === 'discard'
  return !['keep', 'baseline', 'discard', 'running', 'thought'].includes(row.status)
}

/** All attempts, newest first. */
export function ExperimentList({ rows, incumbent }: { rows: readonly Experiment[] | null; incumbent: number | null }) {
  const [filter, setFilter] = useState<Filter>('all')
  const shown = (rows ?? []).filter((row) => passes(row, filter)).reverse()
  return (
    <section className="card experiments" aria-labelledby="experiments-title">
      <div className="card-head">
        <h2 id="experiments-title">Experiments</h2>
        <label className="filter">
          <span className="visually-hidden">Show</span>
          <select value={filter} onChange={(event) => setFilter(FILTERS[event.target.selectedIndex])}>
            {FILTERS.map((name) => <option key={name}>{name}</option>)}
          </select>
        </label>
      </div>
      <div className="list-scroll">
        <ol className={shown.length > LONG ? 'experiment-list experiment-list-long' : 'experiment-list'} aria-label="Experiments" reversed>
          {shown.map((row) => <Item key={row.number} row={row} isBest={row.number === incumbent} />)}
        </ol>
        {shown.length === 0 && (
          <p className="empty">
            {rows && rows.length > 0 ? `None ${filter} so far.` : 'The first entry is the baseline: the program as it is.'}
          </p>
        )}
      </div>
    </section>
  )
}

function Item({ row, isBest }: { row: Experiment; isBest: boolean }) {
  const session = useSession()
  const open = useApp((state) => state.openExperiment === row.number)
  return (
    <li data-number={row.number} data-status={row.status}>
      <button type="button" className="experiment" aria-haspopup="dialog" aria-expanded={open}
        onClick={() => session.showExperiment(row.number)}>
        <span className="experiment-head">
          <span className="experiment-number num">{row.number}</span>
          <Badge row={row} />
          {isBest && <span className="best-tag">best</span>}
          {row.proposer !== 'baseline' && <span className="experiment-by">{row.proposer}</span>}
          <span className="experiment-score num">
            {row.deltaBpb !== null && <span className={row.status === 'keep' ? 'gain' : undefined}>{delta(row.deltaBpb)}</span>}
            {row.status !== 'running' && row.status !== 'thought' && <b>{bpb(row.valBpb)}</b>}
          </span>
        </span>
        <span className="experiment-text">{row.hypothesis || row.description}</span>
        <Tags row={row} />
      </button>
    </li>
  )
}

/** Kind of change, mode and orders: why this was tried now. */
function Tags({ row: { category, guidance, parents } }: { row: Experiment }) {
  if (category === 'baseline') return null
  const orders = guidance?.orders.map(({ kind }) => ORDERS[kind]) ?? []
  const tags = [...new Set([category, ...(guidance ? [MODES[guidance.mode].label.toLowerCase()] : []), ...orders])].filter((tag) => tag !== '')
  if (tags.length === 0) return null
  return (
    <span className="tags">
      {tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}
      {parents && parents.length > 0 && <span className="tag">from {parents.join(' + ')}</span>}
    </span>
  )
}
