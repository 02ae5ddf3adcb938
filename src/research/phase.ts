// The one reducer that owns the lab's phase. Everything that is not in the table is refused.

import { LabError } from '../core/errors'
import type { Phase } from '../worker/protocol'

/** Commands of the person, then what the loop itself reports. */
export type PhaseEvent = 'start' | 'pause' | 'resume' | 'step' | 'stop' | 'held' | 'finished' | 'stopped' | 'failed'

const TABLE: Record<Phase, Partial<Record<PhaseEvent, Phase>>> = {
  idle: { start: 'running', step: 'running' },
  // a pause is asked for at once and reached at the end of the experiment, when the loop reports `held`
  running: {
    pause: 'running',
    resume: 'running',
    held: 'paused',
    stop: 'stopping',
    finished: 'idle',
    failed: 'failed',
  },
  paused: { resume: 'running', step: 'running', stop: 'stopping' },
  stopping: { stopped: 'idle', failed: 'failed' },
  failed: { start: 'running', resume: 'running', step: 'running', stop: 'idle' },
}

const HINTS: Record<Phase, string> = {
  idle: 'Press Start first.',
  running: 'Wait for the current experiment, or press Stop.',
  paused: 'Press Resume, Step or Stop.',
  stopping: 'The lab is stopping; wait a moment.',
  failed: 'Read the message, then press Start to try again.',
}

/**
 * The phase after an event.
 * @throws LabError "lab.state" when the event is not allowed in this phase
 */
export function nextPhase(phase: Phase, event: PhaseEvent): Phase {
  const next = TABLE[phase][event]
  if (next) return next
  throw new LabError('lab.state', `The lab is ${phase}: it cannot ${event} now.`, {
    hint: HINTS[phase],
    data: { phase, event },
  })
}
