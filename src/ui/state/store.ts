// The page's whole state: one reducer, one object, fed by the worker's events and by the person.

import { DEFAULT_DRAFT } from './settings'
import type { Draft } from './settings'
import type { GpuSupport } from './gpuSupport'
import type { LabErrorJson } from '../../core/errors'
import type { AdapterInfo, BackendChoice } from '../../judge/types'
import type { Budget } from '../../judge/task'
import type { Report } from '../../redteam/types'
import { IDLE, type LabEvent, type LabStatus } from '../../worker/protocol'

export interface Notice {
  level: 'info' | 'warning' | 'error'
  message: string
  hint: string
}

export interface AppState {
  /** null while the browser is being asked */
  support: GpuSupport | null
  adapter: AdapterInfo | null
  /** what the person wants to train on */
  backend: BackendChoice
  /** why nothing could be opened to train on */
  engineProblem: Notice | null
  status: LabStatus
  draft: Draft
  defaults: { trainJs: string; programMd: string; budget: Budget } | null
  /** the editors' text before a lab exists; null where untouched */
  edited: { trainJs: string | null; programMd: string | null }
  /** id of the section that is shown */
  view: string
  /** the lab whose record is shown; null shows the start panel */
  labId: string | null
  openExperiment: number | null
  download: Extract<LabEvent, { kind: 'download' }> | null
  /** what came of the cheats that were tried since the page was opened; a new round begins with none */
  attacks: readonly Report[]
  /** what went wrong or should be known, from the page itself */
  notice: Notice | null
  /** label of the command in flight; its button waits */
  busy: string | null
  /** a pause was asked for and waits for the experiment in progress to be decided */
  pausing: boolean
}

export const INITIAL: AppState = {
  support: null,
  adapter: null,
  backend: 'auto',
  engineProblem: null,
  status: IDLE,
  draft: DEFAULT_DRAFT,
  defaults: null,
  edited: { trainJs: null, programMd: null },
  view: 'lab',
  labId: null,
  openExperiment: null,
  download: null,
  attacks: [],
  notice: null,
  busy: null,
  pausing: false,
}

export type AppAction =
  | { kind: 'support'; support: GpuSupport }
  | { kind: 'backend'; choice: BackendChoice }
  | { kind: 'adapter'; adapter: AdapterInfo }
  | { kind: 'noAdapter'; problem: Notice }
  | { kind: 'defaults'; defaults: NonNullable<AppState['defaults']> }
  | { kind: 'status'; status: LabStatus }
  | { kind: 'download'; download: AppState['download'] }
  | { kind: 'attacks'; attacks: AppState['attacks'] }
  | { kind: 'draft'; change: Partial<Draft> }
  | { kind: 'edit'; change: Partial<AppState['edited']> }
  | { kind: 'view'; view: string }
  | { kind: 'show'; labId: string | null }
  | { kind: 'openExperiment'; number: number | null }
  | { kind: 'notice'; notice: Notice | null }
  | { kind: 'busy'; label: string | null }
  | { kind: 'pausing'; pausing: boolean }

/** The next state. Late status events (lower seq) are dropped: messages may overtake a snapshot. */
export function reduce(state: AppState, action: AppAction): AppState {
  switch (action.kind) {
    case 'support':
      return { ...state, support: action.support }
    case 'adapter':
      return { ...state, adapter: action.adapter, engineProblem: null }
    case 'backend':
      return { ...state, backend: action.choice, engineProblem: null }
    case 'noAdapter':
      return { ...state, adapter: null, engineProblem: action.problem }
    case 'defaults':
      return { ...state, defaults: action.defaults }
    case 'status': {
      if (action.status.seq < state.status.seq) return state
      const { status } = action
      return {
        ...state,
        status,
        adapter: status.adapter ?? state.adapter,
        // a lab that the worker has opened is shown; one that the person has left is not shown again for the next word of it
        labId: state.labId ?? (status.labId === state.status.labId ? null : status.labId),
        // a text is fetched while it is prepared, a model's files with its first question
        download: status.activity === 'preparing data' || status.activity === 'proposing' ? state.download : null,
        pausing: state.pausing && status.phase === 'running',
      }
    }
    case 'download':
      return { ...state, download: isWhole(action.download) ? null : action.download }
    case 'attacks':
      return { ...state, attacks: action.attacks }
    case 'draft':
      return { ...state, draft: { ...state.draft, ...action.change } }
    case 'edit':
      return { ...state, edited: { ...state.edited, ...action.change } }
    case 'view':
      return { ...state, view: action.view }
    case 'show':
      if (state.labId === action.labId) return state
      return {
        ...state,
        view: 'lab',
        labId: action.labId,
        openExperiment: null,
        notice: null,
        edited: { trainJs: null, programMd: null },
      }
    case 'openExperiment':
      return { ...state, openExperiment: action.number }
    case 'notice':
      return { ...state, notice: action.notice }
    case 'busy':
      return { ...state, busy: action.label }
    case 'pausing':
      return { ...state, pausing: action.pausing }
  }
}

function isWhole(download: AppState['download']): boolean {
  return download !== null && download.total !== null && download.received >= download.total
}

/** What the page says about a failure. */
export function noticeOf(error: Pick<LabErrorJson, 'message' | 'hint'>): Notice {
  return { level: 'error', message: error.message, hint: error.hint }
}

export interface Store {
  get(): AppState
  dispatch(action: AppAction): void
  subscribe(listener: () => void): () => void
}

export function createStore(initial: AppState): Store {
  let state = initial
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    dispatch(action) {
      const next = reduce(state, action)
      if (next === state) return
      state = next
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
