import { DuelChart } from '../../charts/DuelChart'
import type { DuelReport, DuelSide } from '../../../worker/researchProtocol'
import { bpb, delta, plural } from '../../state/format'
import { BUILT_IN } from '../../state/researchers'

/** A researcher of a duel in words. */
export function nameOf(name: string): string {
  return BUILT_IN.find((known) => known.name === name)?.label ?? (name === 'model' ? 'The language model' : name === 'hybrid' ? 'The hybrid' : name)
}

/** What a duel has come to: a sentence with its uncertainty, the curves, and every seed. */
export function DuelResult({ report: { options, pairs, fresh, selection, finished } }: { report: DuelReport }) {
  const [a, b] = [nameOf(options.a), nameOf(options.b)]
  return (
    <section className="duel-result" aria-label="Result of the duel">
      <p className="duel-verdict"><b>{finished ? '' : 'So far: '}{verdictOf(fresh, a, b)}</b></p>
      <p className="research-note">
        The best program of each side is measured again on {plural(options.fresh, 'seed')} that no decision saw; that is what
        counts. By the scores they were chosen by, which flatter: {verdictOf(selection, a, b)}
      </p>
      <ul className="legend" aria-label="Curves">
        <li><i className="swatch-duel-a" aria-hidden="true" />{a}</li>
        <li><i className="swatch-duel-b" aria-hidden="true" />{b} (dashed)</li>
        <li>thin: one seed; thick: mean</li>
      </ul>
      <DuelChart pairs={pairs} label={`Best val_bpb so far of ${a} and ${b}; the table below has the ends`} />
      <div className="table-scroll" role="region" aria-label="Seeds of the duel" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col" className="num">Seed</th>
              <th scope="col" className="num">{a}</th>
              <th scope="col" className="num">{b}</th>
              <th scope="col" className="num">Difference</th>
              <th scope="col">Full runs</th>
              <th scope="col">Notes</th>
            </tr>
          </thead>
          <tbody>{pairs.map((pair) => <Pair key={pair.seed} pair={pair} />)}</tbody>
        </table>
      </div>
    </section>
  )
}

function Pair({ pair: { seed, fresh, a, b } }: { pair: DuelReport['pairs'][number] }) {
  const [scoreA, scoreB] = [freshMean(a, fresh.length), freshMean(b, fresh.length)]
  return (
    <tr>
      <th scope="row" className="num">{seed}</th>
      <td className="num">{bpb(scoreA)}</td>
      <td className="num">{bpb(scoreB)}</td>
      <td className="num">{scoreA === null || scoreB === null ? '–' : delta(scoreA - scoreB)}</td>
      <td>{a.fullRuns.toFixed(1)} and {b.fullRuns.toFixed(1)}</td>
      <td>{[a.ended, b.ended].filter(Boolean).join(' ')}</td>
    </tr>
  )
}

/** Of the best over the fresh seeds; null until all of them are there. */
function freshMean({ freshScores }: DuelSide, count: number): number | null {
  const scores = freshScores.filter((score) => score !== null)
  return count > 0 && scores.length === count ? scores.reduce((sum, score) => sum + score, 0) / count : null
}

function verdictOf({ pairs, winsA, winsB, meanDifference, low, high, pTwoSided }: DuelReport['fresh'], a: string, b: string): string {
  if (meanDifference === null) return 'not enough pairs to compare yet.'
  const ahead = `${meanDifference < 0 ? a : b} is lower by ${bpb(Math.abs(meanDifference))} bits per byte on average`
  const range = low === null || high === null ? '' : ` (95 %: ${delta(low)} to ${delta(high)})`
  const luck = pTwoSided === null ? 'no pair differs' : `p = ${pTwoSided.toFixed(3)}, ${pTwoSided < 0.05 ? 'more than luck' : 'which may be luck'}`
  return `${ahead}${range}; of ${plural(pairs, 'pair')} ${a} won ${winsA}, ${b} ${winsB}; ${luck}.`
}
