import { useSyncExternalStore } from 'react'
import { LossChart } from '../charts/LossChart'
import type { Experiment, LabRecord } from '../../history/types'
import type { Activity, LabStatus } from '../../worker/protocol'
import { useApp, useSession, useStoredCurve } from '../state/context'
import { bytes, count, duration, milliseconds } from '../state/format'
import { Fact } from './Fact'

/** Seconds until the run's training ends; NaN when that cannot be said. */
function secondsLeft(status: LabStatus, lab: LabRecord | null): number {
  const budget = lab?.task.budget
  if (!budget || status.phase !== 'running' || status.progress <= 0 || status.progress >= 1) return Number.NaN
  const left = (1 - status.progress) * budget.amount
  if (budget.kind === 'seconds') return left
  return status.tokensPerSecond > 0 ? left / status.tokensPerSecond : Number.NaN
}

/** What is happening where it is not plain from the curve. */
const ACTIVITY_NOTES: Partial<Record<Activity, string>> = {
  'opening adapter': 'Opening what the models train on.',
  'preparing data': 'Making or reading the text, splitting it and turning it into tokens.',
  'training tokenizer': 'Learning which byte pairs are common enough to become tokens.',
  proposing: 'The researcher chooses the next edit.',
  screening: 'Several proposals train for a short time; the best of them get the full budget.',
  committing: 'The edit becomes a git commit before anything runs.',
  'tuning kernels': 'Timing the variants of each kernel on this adapter. What is found is kept, so this happens once.',
  compiling: 'Building kernels for this adapter. On an emulated adapter the first time takes about half a minute.',
  warming: 'A few steps that are not counted, so that the clock starts fair.',
  training: 'Each point is the loss of one step; the run ends with its budget.',
  evaluating: 'The judge scores the model on text it has not trained on.',
  checking: 'The judge tests that the model cannot look at what it should predict.',
  deciding: 'Compared with the best so far on the same seeds.',
}

/** The run in progress: its loss over the incumbent's, and its measurements. */
export function RunPanel({ lab, rows }: { lab: LabRecord | null; rows: readonly Experiment[] }) {
  const { curve } = useSession()
  const status = useApp((state) => state.status)
  const active = status.labId === lab?.labId && (status.phase === 'running' || status.phase === 'stopping')
  const pausing = useApp((state) => state.pausing)
  const running = active ? rows.find((row) => row.number === status.number) : undefined
  const incumbent = lab?.incumbent ?? null
  const ghost = useStoredCurve(lab?.labId ?? '', incumbent)
  const version = useSyncExternalStore(curve.subscribe, () => curve.ring.version)
  const { lastLoss, lastStep } = curve.ring
  return (
    <section className="card run" aria-labelledby="run-title">
      <div className="card-head">
        <h2 id="run-title">Current run</h2>
        <ul className="legend" aria-label="Curves">
          <li><i className="swatch-live" aria-hidden="true" />training loss</li>
          {ghost && <li><i className="swatch-ghost" aria-hidden="true" />best so far ({incumbent})</li>}
        </ul>
        <p className="axis-note">nats per token over steps</p>
      </div>
      <p className="run-hypothesis">{running?.hypothesis}</p>
      <p className="run-note">{active && (pausing ? 'The lab pauses once this experiment is decided.' : ACTIVITY_NOTES[status.activity])}</p>
      <div className="loss-frame">
        <LossChart ghost={ghost} />
        {curve.ring.length === 0 && !ghost && <p className="empty-chart">The curve appears with the first training step.</p>}
      </div>
      <dl className="facts" data-version={version}>
        <Fact term="Loss" value={Number.isFinite(lastLoss) ? lastLoss.toFixed(3) : '–'} />
        <Fact term="Step" value={lastStep > 0 ? count(lastStep) : '–'} />
        <Fact term="Speed" value={status.tokensPerSecond > 0 ? `${count(status.tokensPerSecond)} tok/s` : '–'} />
        <Fact term="Step time" value={milliseconds(status.stepMs)} />
        <Fact term="Memory" value={status.bytesAllocated > 0 ? bytes(status.bytesAllocated) : '–'} />
        <Fact term="Time left" value={duration(secondsLeft(status, lab))} />
      </dl>
    </section>
  )
}
