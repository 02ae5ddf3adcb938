import { useState } from 'react'
import { LabError } from '../../core/errors'
import type { ReplayRecord } from '../../history/replay'
import { useApp, useSession } from '../state/context'
import { bpb, delta, duration, when } from '../state/format'
import { useReplays, VERDICTS, whyNoReplay } from '../state/receipts'
import { Icon } from './Icon'

/** Runs a receipt again, shows how far that is, and the last verdict on it. */
export function Replay({ fingerprint, file }: { fingerprint: string; file: () => Promise<string> }) {
  const { client } = useSession()
  const [problem, setProblem] = useState<{ message: string; hint: string } | null>(null)
  const obstacle = useApp(whyNoReplay)
  const replaying = useApp((state) => state.status.replaying)
  const activity = useApp((state) => state.status.activity)
  const last = useReplays().find((record) => record.fingerprint === fingerprint)
  const mine = replaying?.fingerprint === fingerprint ? replaying : null

  const run = async (otherApp: boolean) => {
    setProblem(null)
    try {
      const { stopped } = await client.api.replay(await file(), otherApp)
      if (stopped) setProblem({ message: 'The replay was stopped.', hint: 'It says nothing about the receipt.' })
    } catch (thrown) {
      setProblem(LabError.from(thrown))
    }
  }
  const button = (label: string, otherApp: boolean) => (
    <button type="button" className="button button-plain" aria-disabled={obstacle !== ''} onClick={() => {
      if (obstacle === '') void run(otherApp)
    }}>
      {label}
    </button>
  )
  return (
    <div className="replay">
      {mine ? (
        <div className="replay-ask">
          <button type="button" className="button button-plain" onClick={() => void client.api.stopReplay()}>Stop the replay</button>
          <label className="replay-progress">
            <span>{activity === 'idle' ? `Run ${mine.run} of ${mine.runs}` : `${activity.charAt(0).toUpperCase()}${activity.slice(1)}`}</span>
            <progress max={1} value={mine.progress} />
          </label>
        </div>
      ) : (
        <div className="replay-ask">
          {button('Replay', false)}
          {last?.isOtherApp && button('Replay all the same', true)}
          <p className="note">{obstacle || 'Trains it again from its seed, on what trains now, and compares every bit.'}</p>
        </div>
      )}
      <div aria-live="polite">
        {problem && <p className="replay-problem"><b>{problem.message}</b> {problem.hint}</p>}
        {last && !mine && <VerdictOf record={last} />}
      </div>
    </div>
  )
}

/** A verdict, its reason, and the scores behind it. */
function VerdictOf({ record }: { record: ReplayRecord }) {
  const { label, icon, tone } = VERDICTS[record.verdict]
  return (
    <section className={`replay-verdict replay-${tone}`} aria-label="Verdict of the replay">
      <p><b><Icon name={icon} size={14} />{label}</b> {record.reason}</p>
      {record.runs.length > 0 && (
        <table className="seed-table">
          <thead>
            <tr>
              <th scope="col">Seed</th><th scope="col" className="num">Stated</th><th scope="col" className="num">Replayed</th>
              <th scope="col" className="num">Difference</th><th scope="col" className="wide">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {record.runs.map((run, i) => (
              <tr key={i}>
                <th scope="row">{run.seed}</th>
                <td className="num">{bpb(run.statedBpb)}</td>
                <td className="num">{bpb(run.replayedBpb)}</td>
                <td className="num">{run.verdict === 'bit-identical' && run.deltaBpb === 0 ? 'none' : delta(run.deltaBpb)}</td>
                <td className="wide">{VERDICTS[run.verdict].label}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="note">
        {when(record.at)}, {duration(record.seconds)}{record.adapter && `, on ${record.adapter.description || record.adapter.vendor || record.adapter.backend}`}
      </p>
    </section>
  )
}
