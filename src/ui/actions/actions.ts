// One action = label, shortcut, handler, and when it may be used. Buttons and keys share it.

import type { AppState } from '../state/store'
import type { Session } from '../state/session'

export interface Action {
  id: 'start' | 'pause' | 'resume' | 'step' | 'stop' | 'newLab'
  label: string
  /** KeyboardEvent.code, pressed with Alt: single keys would fight with screen readers and typing */
  code: string
  /** as shown and as announced */
  shortcut: string
  title: string
  /** what the button says instead while its work is under way; null where it is not */
  waiting?(state: AppState): string | null
  enabled(state: AppState): boolean
  run(session: Session): Promise<unknown>
}

/** This lab is the one the worker holds, and this tab may command it. */
function leads(state: AppState): boolean {
  return state.labId !== null && state.status.labId === state.labId && !state.status.watching
}

function canTrain(state: AppState): boolean {
  return state.adapter !== null && state.busy === null && !state.status.watching
}

function isResting(state: AppState): boolean {
  return state.status.phase === 'idle' || state.status.phase === 'failed'
}

export const ACTIONS: Record<Action['id'], Action> = {
  start: {
    id: 'start',
    label: 'Start',
    code: 'Enter',
    shortcut: 'Alt+Enter',
    title: 'Start the lab',
    waiting: (state) => state.busy === 'start' ? 'Starting…' : null,
    enabled: (state) => canTrain(state) && isResting(state),
    run: (session) => session.store.get().labId === null
      ? session.startNew()
      : session.attempt('start', () => session.client.api.start()),
  },
  pause: {
    id: 'pause',
    label: 'Pause',
    code: 'KeyP',
    shortcut: 'Alt+P',
    title: 'Finish the current experiment, then wait',
    waiting: (state) => state.pausing ? 'Pausing…' : null,
    enabled: (state) => leads(state) && state.status.phase === 'running' && state.busy === null && !state.pausing,
    run: async (session) => {
      session.store.dispatch({ kind: 'pausing', pausing: true })
      if (await session.attempt('pause', () => session.client.api.pause())) return
      session.store.dispatch({ kind: 'pausing', pausing: false })
    },
  },
  resume: {
    id: 'resume',
    label: 'Resume',
    code: 'KeyR',
    shortcut: 'Alt+R',
    title: 'Go on with the next experiment',
    enabled: (state) => leads(state) && state.status.phase === 'paused' && state.busy === null,
    run: (session) => session.attempt('resume', () => session.client.api.resume()),
  },
  step: {
    id: 'step',
    label: 'Step',
    code: 'KeyN',
    shortcut: 'Alt+N',
    title: 'Run one experiment, then pause',
    enabled: (state) => canTrain(state) && leads(state) && (state.status.phase === 'paused' || isResting(state)),
    run: (session) => session.attempt('step', () => session.client.api.step()),
  },
  stop: {
    id: 'stop',
    label: 'Stop',
    code: 'KeyX',
    shortcut: 'Alt+X',
    title: 'End the run in progress and rest; everything recorded stays',
    enabled: (state) => leads(state) && (state.status.phase === 'running' || state.status.phase === 'paused'),
    run: (session) => session.attempt('stop', () => session.client.api.stop()),
  },
  newLab: {
    id: 'newLab',
    label: 'New lab',
    code: 'KeyL',
    shortcut: 'Alt+L',
    title: 'Set up another lab',
    enabled: (state) => state.labId !== null && state.status.phase !== 'running' && state.status.phase !== 'stopping',
    run: async (session) => session.store.dispatch({ kind: 'show', labId: null }),
  },
}
