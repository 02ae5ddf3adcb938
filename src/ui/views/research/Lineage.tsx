import { useState } from 'react'
import { LineageGraph } from '../../charts/LineageGraph'
import { StairMark } from '../../charts/StairMark'
import type { Experiment } from '../../../history/types'
import { useSession } from '../../state/context'
import { delta } from '../../state/format'
import { labelOf } from '../../state/outcome'

const LEGEND = [['kept', 'kept'], ['discarded', 'discarded'], ['failed', 'no score'], ['baseline', 'baseline']] as const

/** Which experiment started from which: forks and combinations are seen at once. */
export function Lineage({ rows }: { rows: readonly Experiment[] }) {
  const { showExperiment } = useSession()
  const [asTable, setAsTable] = useState(false)
  return (
    <section className="card" aria-labelledby="lineage-title">
      <div className="card-head">
        <h2 id="lineage-title">Lineage</h2>
        <ul className="legend" aria-label="Legend">
          {LEGEND.map(([mark, label]) => (
            <li key={mark}><svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true"><StairMark mark={mark} /></svg>{label}</li>
          ))}
          <li><i className="swatch-fork" aria-hidden="true" />fork</li>
          <li><i className="swatch-join" aria-hidden="true" />put together</li>
        </ul>
        <div className="card-tools">
          <button type="button" className="chip-button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>As a table</button>
        </div>
      </div>
      {rows.length === 0
        ? <p className="empty">The first entry is the baseline.</p>
        : asTable ? <LineageTable rows={rows} /> : <LineageGraph rows={rows} onOpen={showExperiment} />}
    </section>
  )
}

function LineageTable({ rows }: { rows: readonly Experiment[] }) {
  return (
    <div className="table-scroll" role="region" aria-label="Lineage as a table" tabIndex={0}>
      <table>
        <thead><tr><th scope="col" className="num">No.</th><th scope="col">Outcome</th><th scope="col">From</th><th scope="col">Proposed by</th><th scope="col" className="num">Change</th><th scope="col">What</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.number}>
              <th scope="row" className="num">{row.number}</th>
              <td>{labelOf(row)}</td>
              <td>{row.parents && row.parents.length > 0 ? row.parents.join(' + ') : row.parentNumber ?? '–'}</td>
              <td>{row.proposer}</td>
              <td className="num">{delta(row.deltaBpb)}</td>
              <td>{row.description || row.hypothesis}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
