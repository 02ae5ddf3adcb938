import { useState } from 'react'
import { LabError } from '../../../core/errors'
import type { LabRecord } from '../../../history/types'
import type { DuelOptions, DuelReport, DuelSide } from '../../../worker/researchProtocol'
import { DuelChart } from '../../charts/DuelChart'
import { useApp, useSession } from '../../state/context'
import { bpb, delta, plural } from '../../state/format'
import { BUILT_IN } from '../../state/researchers'
import { whyNoTransfer } from '../../state/transfers'

const SEEDS = [2, 3, 5, 6, 8]
const EXPERIMENTS = [10, 20, 40]

/** Two researchers from the same baseline, on the same seeds, with the same budget: which one is better, and is that luck? */
export function Duel({ lab }: { lab: LabRecord }) {
  const { api } = useSession().client
  const [options, setOptions] = useState<DuelOptions>({ a: 'evolution', b: 'random', seeds: 5, experiments: 20, fresh: 3 })
  const [last, setLast] = useState<DuelReport | null>(null)
  const [problem, setProblem] = useState<LabError | null>(null)
  const dueling = useApp((state) => state.status.dueling)
  const obstacle = useApp((state) => state.status.labId === lab.labId ? whyNoTransfer(state) : 'Another lab is open.')
  const start = async () => {
    setProblem(null)
    try {
      setLast(await api.duel(options))
    } catch (thrown) {
      setProblem(LabError.from(thrown))
    }
  }
  const shown = dueling ?? last
  const names = researchersOf(lab)
  const side = (key: 'a' | 'b', label: string) => (
    <label className="field">
      <span className="field-label">{label}</span>
      <select value={options[key]} onChange={(event) => setOptions({ ...options, [key]: event.target.value })}>
        {names.map(({ name, label: text }) => <option key={name} value={name}>{text}</option>)}
      </select>
    </label>
  )
  const amount = (key: 'seeds' | 'experiments', label: string, values: number[]) => (
    <label className="field">
      <span className="field-label">{label}</span>
      <select value={options[key]} onChange={(event) => setOptions({ ...options, [key]: Number(event.target.value) })}>
        {values.map((value) => <option key={value}>{value}</option>)}
      </select>
    </label>
  )
  return (
    <section className="card duel" aria-labelledby="duel-title">
      <div className="card-head"><h2 id="duel-title">Duel</h2></div>
      <p className="research-note">
        Two researchers start from this lab’s baseline, with its text and budget, on the same seeds. Nothing of it enters the
        lab’s own record. Fewer than six seeds cannot bring an exact test below p = 0.05.
      </p>
      {dueling ? (
        <div className="profile-ask">
          <button type="button" className="button button-plain" onClick={() => void api.stopDuel()}>Stop the duel</button>
          <p className="note" role="status">{progressText(dueling)}</p>
        </div>
      ) : (
        <>
          <div className="duel-options">
            {side('a', 'One')}
            {side('b', 'Against')}
            {amount('seeds', 'Seeds', SEEDS)}
            {amount('experiments', 'Experiments each', EXPERIMENTS)}
          </div>
          <div className="profile-ask">
            <button type="button" className="button button-plain" aria-disabled={obstacle !== '' || options.a === options.b} onClick={() => {
              if (obstacle === '' && options.a !== options.b) void start()
            }}>
              Start the duel
            </button>
            <p className="note">{obstacle || (options.a === options.b ? 'Choose two different researchers.' : `${2 * options.seeds * options.experiments} experiments and ${plural(options.seeds, 'baseline')} in all.`)}</p>
          </div>
        </>
      )}
      <div aria-live="polite">{problem && <p className="problem"><b>{problem.message}</b> {problem.hint}</p>}</div>
      {shown && <Result report={shown} />}
    </section>
  )
}

/** Those that need nothing, and the lab's own where it is another. */
function researchersOf({ controller }: LabRecord): readonly { name: string; label: string }[] {
  return BUILT_IN.some(({ name }) => name === controller) || controller === 'human' ? BUILT_IN : [...BUILT_IN, { name: controller, label: `${nameOf(controller)}, as in this lab` }]
}

function nameOf(name: string): string {
  return BUILT_IN.find((known) => known.name === name)?.label ?? (name === 'model' ? 'The language model' : name === 'hybrid' ? 'The hybrid' : name)
}

function progressText({ options, at, pairs }: DuelReport): string {
  if (!at) return 'Preparing.'
  const pair = pairs.findIndex(({ seed }) => seed === at.seed) + 1
  const what = at.experiment === null ? 'the best is measured again on fresh seeds' : at.experiment === 0 ? 'baseline' : `experiment ${at.experiment} of ${options.experiments}`
  return `Seed ${pair} of ${options.seeds}, ${nameOf(options[at.side])}: ${what}.`
}

function Result({ report: { options, pairs, fresh, selection, finished } }: { report: DuelReport }) {
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
