import type { ResearchReport } from '../../../worker/researchProtocol'
import { percent } from '../../state/format'

/** What kinds of change were tried, how often each was kept, and which failed: a table that is also a chart. */
export function Coverage({ report }: { report: ResearchReport | null }) {
  const coverage = report?.coverage ?? []
  const most = Math.max(1, ...coverage.map(({ tries }) => tries))
  const untried = coverage.filter(({ tries }) => tries === 0).map(({ category }) => category)
  const tried = coverage.filter(({ tries }) => tries > 0).toSorted((a, b) => b.tries - a.tries)
  return (
    <section className="card" aria-labelledby="coverage-title">
      <div className="card-head">
        <h2 id="coverage-title">Coverage</h2>
        <ul className="legend" aria-label="Legend">
          <li><i className="swatch-keep" aria-hidden="true" />kept</li>
          <li><i className="swatch-tried" aria-hidden="true" />discarded</li>
          <li><i className="swatch-failure" aria-hidden="true" />no score</li>
        </ul>
      </div>
      {tried.length === 0 ? <p className="empty">Nothing has been tried yet.</p> : (
        <table className="coverage">
          <thead><tr><th scope="col">Kind of change</th><th scope="col"><span className="visually-hidden">Share</span></th><th scope="col" className="num">Tried</th><th scope="col" className="num">Kept</th><th scope="col" className="num">No score</th></tr></thead>
          <tbody>
            {tried.map(({ category, tries, keeps, failures }) => (
              <tr key={category}>
                <th scope="row">{category}</th>
                <td className="coverage-cell">
                  <span className="coverage-bar" aria-hidden="true" style={{ width: `${(100 * tries) / most}%` }}>
                    <i className="swatch-keep" style={{ flexGrow: keeps }} />
                    <i className="swatch-tried" style={{ flexGrow: tries - keeps - failures }} />
                    <i className="swatch-failure" style={{ flexGrow: failures }} />
                  </span>
                </td>
                <td className="num">{tries}</td>
                <td className="num">{keeps}{keeps > 0 && <span className="note"> {percent(keeps / tries, 0)}</span>}</td>
                <td className="num">{failures}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {untried.length > 0 && <p className="note">Not tried yet: {untried.join(', ')}.</p>}
    </section>
  )
}
