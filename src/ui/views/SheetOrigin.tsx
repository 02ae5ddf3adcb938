import type { Experiment } from '../../history/types'
import { useSession } from '../state/context'
import { costText } from '../state/costs'
import { delta, percent } from '../state/format'
import { isDecided } from '../state/outcome'
import { GuidanceText } from './researcher/ModeChip'

/** How an attempt came about and what it taught: orders, parents, prediction against what came, cost, reflection. */
export function SheetOrigin({ row }: { row: Experiment }) {
  const session = useSession()
  const { guidance, parents, reflection, cost, expectedDelta, expectedProbability } = row
  const predicted = expectedDelta !== null || expectedProbability !== null
  if (!guidance && !parents && !reflection && !cost && !predicted) return null
  return (
    <section className="origin" aria-labelledby="origin-title">
      <h3 id="origin-title">How it came about</h3>
      {guidance && <GuidanceText guidance={guidance} />}
      {parents && parents.length > 0 && (
        <p className="origin-parents">
          Puts together
          {parents.map((number) => (
            <button key={number} type="button" className="chip-button" onClick={() => session.showExperiment(number)}>experiment {number}</button>
          ))}
        </p>
      )}
      {predicted && (
        <table className="seed-table">
          <thead><tr><th scope="col"><span className="visually-hidden">What</span></th><th scope="col" className="num">Expected</th><th scope="col" className="num">Measured</th></tr></thead>
          <tbody>
            <tr><th scope="row">Change of val_bpb</th><td className="num">{delta(expectedDelta)}</td><td className="num">{delta(row.deltaBpb)}</td></tr>
            <tr>
              <th scope="row">Kept</th>
              <td className="num">{expectedProbability === null ? '–' : percent(expectedProbability, 0)}</td>
              <td className="num">{isDecided(row) ? row.status === 'keep' ? 'yes' : 'no' : '–'}</td>
            </tr>
          </tbody>
        </table>
      )}
      {reflection && <p className="origin-reflection"><b>Taught:</b> {reflection}</p>}
      {cost && cost.requests > 0 && <p className="note">{costText(cost)}</p>}
    </section>
  )
}
