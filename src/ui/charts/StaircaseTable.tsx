import type { Experiment } from '../../history/types'
import { bpb, delta } from '../state/format'
import { labelOf } from '../state/outcome'

/** The staircase as a table: the same facts for those who cannot or will not read the chart. */
export function StaircaseTable({ rows }: { rows: readonly Experiment[] }) {
  return (
    <div className="table-scroll" role="region" aria-label="Scores of all experiments" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Outcome</th>
            <th scope="col" className="num">val_bpb</th>
            <th scope="col" className="num">Change</th>
            <th scope="col">What was tried</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.number}>
              <th scope="row">{row.number}</th>
              <td>{labelOf(row)}</td>
              <td className="num">{bpb(row.valBpb)}</td>
              <td className="num">{delta(row.deltaBpb)}</td>
              <td>{row.description || row.hypothesis}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
