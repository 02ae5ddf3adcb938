import { ActionButton } from '../actions/ActionButton'
import type { LabRecord } from '../../history/types'
import type { LabStatus } from '../../worker/protocol'
import { useApp } from '../state/context'
import { Icon } from './Icon'

const RESTING: Record<LabRecord['phase'], string> = {
  new: 'Ready',
  running: 'Ready to go on',
  paused: 'Paused',
  stopped: 'Stopped',
  finished: 'Finished',
}

/** What the lab is doing, in words. */
function describe(status: LabStatus, lab: LabRecord | null, pausing: boolean): string {
  if (status.phase === 'failed') return 'Failed'
  if (status.watching && lab?.phase === 'running') return 'Running in the other tab'
  if (status.phase === 'idle') return lab ? RESTING[lab.phase] : 'Ready'
  if (status.phase === 'paused') return 'Paused'
  if (status.asking && status.phase === 'running') return 'Waits for your answer'
  const activity = status.activity === 'idle' ? 'working' : status.activity === 'tuning kernels' ? tuningText(status) : status.activity
  const of = lab?.maxExperiments ? ` of ${lab.maxExperiments}` : ''
  const run = status.number === null ? '' : status.number === 0 ? 'Baseline · ' : `Experiment ${status.number}${of} · `
  const repeat = status.repeats > 1 && status.repeat > 0 ? ` · repeat ${status.repeat} of ${status.repeats}` : ''
  const text = `${run}${activity}${repeat}`
  return `${status.phase === 'stopping' ? 'Stopping · ' : pausing ? 'Pausing · ' : ''}${text[0].toUpperCase()}${text.slice(1)}`
}

function tuningText({ tuning }: LabStatus): string {
  return `tuning kernels for this adapter${tuning && tuning.total > 0 ? ` ${tuning.done}/${tuning.total}` : ''}`
}

/** Takes the reader to what the lab asks, wherever they are. */
function toQuestion() {
  document.getElementById('question')?.scrollIntoView({ block: 'start' })
  document.getElementById('question-title')?.focus({ preventScroll: true })
}

/** The strip that stays in sight: phase, progress and commands. */
export function RunStrip({ lab }: { lab: LabRecord | null }) {
  const status = useApp((state) => state.status)
  const labId = useApp((state) => state.labId)
  const pausing = useApp((state) => state.pausing)
  const mine = status.labId === labId
  const phase = mine ? status.phase : 'idle'
  const active = phase === 'running' || phase === 'stopping'
  const shown = mine ? status : { ...status, phase: 'idle' as const }
  return (
    <section className={`strip strip-${phase}`} aria-label="Lab controls">
      <div className="strip-row">
        <div className="strip-state">
          <h1>{lab?.name ?? 'Lab'}</h1>
          <p><i className="pulse" aria-hidden="true" />{describe(shown, lab, pausing)}</p>
        </div>
        <div className="strip-tools">
          {active && shown.asking && (
            <button type="button" className="button button-primary" onClick={toQuestion}><Icon name="ask" />Answer</button>
          )}
          {phase === 'idle' || phase === 'failed'
            ? <ActionButton id="start" icon="play" look="primary" />
            : phase === 'paused'
              ? <ActionButton key="go" id="resume" icon="play" look="primary" />
              : <ActionButton key="go" id="pause" icon="pause" />}
          <ActionButton id="step" icon="step" />
          <ActionButton id="stop" icon="stop" />
        </div>
      </div>
      <div
        className="strip-progress"
        role="progressbar"
        aria-label="Current run"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={active ? Math.round(shown.progress * 100) : 0}
      >
        <i style={{ transform: `scaleX(${active ? Math.min(1, Math.max(0, shown.progress)) : 0})` }} />
      </div>
    </section>
  )
}
