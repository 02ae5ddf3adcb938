import { useEffect, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { LabRecord } from '../../../history/types'
import type { DuelOptions, DuelReport } from '../../../worker/researchProtocol'
import { durationText } from '../../../worker/client'
import { useApp, useSession } from '../../state/context'
import { plural, when } from '../../state/format'
import { BUILT_IN } from '../../state/researchers'
import { noticeOf } from '../../state/store'
import { whyNoTransfer } from '../../state/transfers'
import { Icon } from '../Icon'
import { DuelResult, nameOf } from './DuelResult'

const SEEDS = [2, 3, 5, 6, 8]
const EXPERIMENTS = [5, 10, 20, 40]

/** Two researchers from the same baseline, on the same seeds, with the same budget: which one is better, and is that luck? */
export function Duel({ lab }: { lab: LabRecord }) {
  const { api } = useSession().client
  const [options, setOptions] = useState<DuelOptions>({ a: 'evolution', b: 'random', seeds: 5, experiments: 20, fresh: 3 })
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<LabError | null>(null)
  const dueling = useApp((state) => state.status.dueling)
  const obstacle = useApp((state) => state.status.labId === lab.labId ? whyNoTransfer(state) : 'Another lab is open.')
  const start = async () => {
    setProblem(null)
    setBusy(true)
    try {
      await api.duel(options)
    } catch (thrown) {
      setProblem(LabError.from(thrown))
    }
    setBusy(false)
  }
  const kept = useDuels(lab.labId)
  const shown = dueling?.labId === lab.labId ? dueling : kept[0]
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
      {busy || dueling ? (
        <div className="profile-ask">
          <button type="button" className="button button-plain" onClick={() => void api.stopDuel()}>Stop the duel</button>
          <p className="note" role="status">{dueling ? progressText(dueling, lab) : 'Preparing.'}</p>
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
            <p className="note">{obstacle || (options.a === options.b ? 'Choose two different researchers.' : sizeText(options, lab))}</p>
          </div>
        </>
      )}
      <div aria-live="polite">{problem && <p className="problem"><b>{problem.message}</b> {problem.hint}</p>}</div>
      {shown && <DuelResult report={shown} />}
      {kept.filter(({ id }) => id !== shown?.id).map((report) => (
        <details key={report.id} className="advanced">
          <summary><Icon name="right" size={14} />{nameOf(report.options.a)} against {nameOf(report.options.b)}, {when(report.updatedAt)}</summary>
          <DuelResult report={report} />
        </details>
      ))}
    </section>
  )
}

/** The duels about a lab, the last changed first. */
function useDuels(labId: string): DuelReport[] {
  const session = useSession()
  const [reports, setReports] = useState<DuelReport[]>([])
  useEffect(() => session.client.watchDuels(
    labId,
    setReports,
    (error) => session.store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(error)) }),
  ), [session, labId])
  return reports
}

/** Those that need nothing, and the lab's own where it is another. */
function researchersOf({ controller }: LabRecord): readonly { name: string; label: string }[] {
  return BUILT_IN.some(({ name }) => name === controller) || controller === 'human' ? BUILT_IN : [...BUILT_IN, { name: controller, label: `${nameOf(controller)}, as in this lab` }]
}

/** How much there is to do; time where the budget is one. */
function sizeText({ seeds, experiments }: DuelOptions, { task: { budget } }: LabRecord): string {
  const runs = 2 * seeds * experiments
  const least = budget.kind === 'seconds' ? `, ${durationText(runs * budget.amount)} of training at least` : ''
  return `${runs} experiments and ${plural(seeds, 'baseline')} in all${least}.`
}

function progressText({ labId, options, at, pairs }: DuelReport, lab: LabRecord): string {
  if (labId !== lab.labId) return 'It is about another lab.'
  if (!at) return 'Preparing.'
  const pair = pairs.findIndex(({ seed }) => seed === at.seed) + 1
  const what = at.experiment === null ? 'the best is measured again on fresh seeds' : at.experiment === 0 ? 'baseline' : `experiment ${at.experiment} of ${options.experiments}`
  return `Seed ${pair} of ${options.seeds}, ${nameOf(options[at.side])}: ${what}.`
}
