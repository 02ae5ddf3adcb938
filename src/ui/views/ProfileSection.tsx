import { useState } from 'react'
import { LabError } from '../../core/errors'
import type { ProfileResult } from '../../worker/protocol'
import { useApp, useSession } from '../state/context'
import { engineName } from '../state/engine'
import { count, milliseconds, percent, plural } from '../state/format'
import { Fact } from './Fact'
import { Icon } from './Icon'

type Answer = ProfileResult | { problem: string; hint: string }

/** Where a training step spends its time, kernel by kernel; measured when asked for, never beside a run. */
export function ProfileSection() {
  const { client } = useSession()
  const [busy, setBusy] = useState(false)
  const [answer, setAnswer] = useState<Answer | null>(null)
  const canMeasure = useApp((state) => state.adapter !== null && !state.status.watching)
  const isRunning = useApp((state) => state.status.phase === 'running' || state.status.phase === 'stopping')
  const measure = async () => {
    setBusy(true)
    setAnswer(await client.api.profile().catch((thrown: unknown) => {
      const { message, hint } = LabError.from(thrown)
      return { problem: message, hint }
    }))
    setBusy(false)
  }
  const idle = canMeasure && !isRunning && !busy
  return (
    <details className="card program profile">
      <summary>
        <h2>Profile</h2>
        <span className="note">Where a training step spends its time on this adapter</span>
        <Icon name="down" />
      </summary>
      <div className="profile-body">
        <div className="profile-ask">
          <button type="button" className="button button-plain" aria-disabled={!idle} onClick={() => {
            if (idle) void measure()
          }}>
            {busy ? 'Measuring…' : 'Measure a step'}
          </button>
          <p className="note">
            {isRunning ? 'A run is being measured; pause the lab to look closer.' : 'The best program so far, or the default one, in memory of its own. It takes some seconds.'}
          </p>
        </div>
        <div aria-live="polite" aria-busy={busy}>
          {answer && ('profile' in answer
            ? <Profile result={answer} />
            : <p className="profile-problem"><b>{answer.problem}</b> {answer.hint}</p>)}
        </div>
      </div>
    </details>
  )
}

function Profile({ result: { experiment, adapter, profile } }: { result: ProfileResult }) {
  const { rows, peaks } = profile
  const widest = rows[0]?.share ?? 1
  const [first] = rows
  return (
    <div className="profile-result">
      <dl className="facts">
        <Fact term="Program" value={experiment === null ? 'default' : experiment === 0 ? 'baseline' : `experiment ${experiment}`} />
        <Fact term="Adapter" value={`${engineName(adapter)}${adapter.tuning ? ` · kernels ${adapter.tuning}` : ''}`} />
        <Fact term="Step" value={milliseconds(profile.stepMs)} />
        <Fact term="In kernels" value={milliseconds(profile.kernelsMs)} />
        <Fact term="Dispatches a step" value={count(profile.dispatches)} />
        <Fact term="Host time a dispatch" value={`${profile.hostUsPerDispatch.toFixed(2)} µs`} />
        {peaks && <Fact term="Peak compute" value={`${rate(peaks.gflops)} GFLOP/s`} />}
        {peaks && <Fact term="Peak bandwidth" value={`${rate(peaks.gbps)} GB/s`} />}
      </dl>
      {first && (
        <p className="profile-note">
          The costliest kernel is <code>{first.kernel}</code> ({first.shape}): were it free, all kernels together would
          be {first.speedupIfFree.toFixed(2)} times as fast. Times by {profile.clock === 'timestamps' ? 'the adapter’s own timestamps' : 'the wall clock over repetitions'}.
        </p>
      )}
      <div className="table-scroll profile-table" role="region" aria-label="Kernels of a step" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Kernel</th>
              <th scope="col">Share of all kernels</th>
              <th scope="col" className="num">Time</th>
              <th scope="col" className="num wide">GFLOP/s</th>
              <th scope="col" className="num wide">GB/s</th>
              {peaks && <th scope="col" className="num">Of peak</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                <th scope="row"><code>{row.kernel}</code> <span className="profile-shape">{row.shape}, {plural(row.count, 'time')}</span></th>
                <td>
                  <span className="profile-share">
                    <i aria-hidden="true"><b style={{ width: `${(100 * row.share) / widest}%` }} /></i>
                    <span className="num">{percent(row.share)}</span>
                  </span>
                </td>
                <td className="num">{fine(row.msPerStep)}</td>
                <td className="num wide">{row.flops > 0 ? rate(row.gflops) : '–'}</td>
                <td className="num wide">{rate(row.gbps)}</td>
                {peaks && <td className="num">{row.ofPeak === null ? '–' : <>{percent(row.ofPeak, 0)} <span className="profile-shape">{row.bound}</span></>}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}

/** Three significant digits. */
function rate(value: number): string {
  return value >= 1000 ? count(value) : value.toPrecision(3)
}

/** Kernels of fast adapters take microseconds. */
function fine(ms: number): string {
  return ms >= 0.1 ? milliseconds(ms) : `${(1000 * ms).toFixed(1)} µs`
}
