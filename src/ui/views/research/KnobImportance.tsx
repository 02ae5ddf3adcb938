import type { ResearchReport } from '../../../worker/researchProtocol'
import { percent } from '../../state/format'

const MOST = 12

/** Which knobs the scores of this lab hang on, or why that cannot be said yet: a table that is also a chart. */
export function KnobImportance({ report }: { report: ResearchReport | null }) {
  const { rows = 0, explained = null, knobs = [] } = report?.importance ?? {}
  const most = Math.max(0.01, ...knobs.map(({ share }) => share))
  return (
    <section className="card" aria-labelledby="importance-title">
      <div className="card-head"><h2 id="importance-title">Knobs that matter</h2></div>
      <p className="research-note">
        {explained === null ? `Too few scored attempts to say (${rows}); 20 are the least.` : knobs.length === 0
          ? `From ${rows} scored attempts, the knobs do not foretell a score that was left out: none can be named.`
          : `A random forest over ${rows} scored attempts explains ${percent(explained, 0)} of what scores left out differ by. Each share is what it loses when that knob is shuffled.`}
      </p>
      {knobs.length > 0 && (
        <table className="coverage">
          <thead><tr><th scope="col">Knob</th><th scope="col"><span className="visually-hidden">Bar</span></th><th scope="col" className="num">Share</th></tr></thead>
          <tbody>
            {knobs.slice(0, MOST).map(({ name, share }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="coverage-cell">
                  <span className="coverage-bar" aria-hidden="true" style={{ width: `${(100 * share) / most}%` }}><i className="swatch-keep" style={{ flexGrow: 1 }} /></span>
                </td>
                <td className="num">{percent(share, 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
