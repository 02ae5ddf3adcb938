// Joins the client, the store and the live curve: events in, commands out.

import { LabError } from '../../core/errors'
import type { BackendChoice } from '../../judge/types'
import type { LabClient } from '../../worker/client'
import type { LabEvent } from '../../worker/protocol'
import { loadBackend, saveBackend } from './engine'
import { checkGpu } from './gpuSupport'
import { PointRing } from './pointRing'
import { reach, takeCarried } from './reach'
import { datasetAddresses, datasetLabel, labSettings } from './settings'
import { createStore, INITIAL, noticeOf } from './store'
import type { Notice, Store } from './store'
import { readHash, writeHash } from './urlHash'

/** Live points reach the chart at most this often. */
const CURVE_INTERVAL_MS = 100

export interface Session {
  client: LabClient
  store: Store
  curve: LiveCurve
  /** Runs a command; a failure becomes a notice, and false. */
  attempt(label: string, command: () => Promise<void>): Promise<boolean>
  /** Creates a lab from the draft and starts it; reloads the page first where it must reach another address. */
  startNew(): Promise<void>
  /** Shows a lab of the past and makes the worker load it. */
  openLab(labId: string): Promise<boolean>
  showExperiment(number: number | null): void
  /** Trains on something else from now on, and on later visits. */
  chooseBackend(choice: BackendChoice): Promise<void>
}

/** The curve of the run in progress; listeners are told at most ten times a second. */
export interface LiveCurve {
  ring: PointRing
  number: number | null
  repeat: number
  subscribe(listener: () => void): () => void
}

export function createSession(client: LabClient): Session {
  const { draft: read, place } = readHash(location.hash)
  const carried = takeCarried()
  const draft = carried?.file ? { ...read, dataset: carried.file } : read
  const { edited, notice } = carried ?? INITIAL
  const store = createStore({
    ...INITIAL, backend: loadBackend(), draft, edited, notice, view: place.view, labId: place.labId, openExperiment: place.experiment,
  })
  const { curve, receive } = createCurve()

  const onEvent = (event: LabEvent) => {
    if (event.kind === 'status') store.dispatch(event)
    else if (event.kind === 'download') store.dispatch({ kind: 'download', download: event })
    else if (event.kind === 'attack') store.dispatch({ kind: 'attacks', attacks: [...store.get().attacks, event.report] })
    else receive(event)
  }

  async function attempt(label: string, command: () => Promise<void>): Promise<boolean> {
    store.dispatch({ kind: 'busy', label })
    try {
      await command()
      return true
    } catch (thrown) {
      store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) })
      return false
    } finally {
      store.dispatch({ kind: 'busy', label: null })
    }
  }

  const session: Session = {
    client,
    store,
    curve,
    attempt,
    async startNew() {
      await attempt('start', async () => {
        const { dataset } = store.get().draft
        const why = `fetch ${datasetLabel(dataset)}`
        if (!reach(store, datasetAddresses(dataset).map((address) => ({ address, why })), 'start')) return
        if (store.get().notice?.level !== 'info') store.dispatch({ kind: 'notice', notice: null })
        const defaults = store.get().defaults ?? await client.api.defaults()
        store.dispatch({ kind: 'defaults', defaults })
        const labId = await client.api.create(labSettings(store.get().draft, defaults, store.get().edited))
        store.dispatch({ kind: 'show', labId })
        await client.api.start()
      })
    },
    openLab: (labId) => attempt('open', async () => {
      store.dispatch({ kind: 'show', labId })
      await client.api.open(labId)
    }),
    showExperiment: (number) => store.dispatch({ kind: 'openExperiment', number }),
    async chooseBackend(choice) {
      saveBackend(choice)
      store.dispatch({ kind: 'backend', choice })
      await openEngine(session)
    },
  }

  mirrorToUrl(store)
  client.onFailure((message) => {
    const notice: Notice = { level: 'error', message, hint: 'Reload the page. Nothing that was recorded is lost.' }
    // before there is anything to train on, it is said where the page would else look for it for ever
    store.dispatch(store.get().adapter ? { kind: 'notice', notice } : { kind: 'noAdapter', problem: notice })
  })
  void boot(session, onEvent).then(() => {
    const { adapter, status } = store.get()
    if (carried?.after === 'start' && adapter !== null && !status.watching) void session.startNew()
  })
  return session
}

/** Opens what the person wants to train on; what fails is said beside the choice. */
async function openEngine({ client, store }: Session): Promise<void> {
  const { backend, support } = store.get()
  if (support?.problem === 'insecure') {
    const [hint] = support.steps
    store.dispatch({ kind: 'noAdapter', problem: { level: 'error', message: support.what, hint } })
    return
  }
  const isWanted = () => store.get().backend === backend
  store.dispatch({ kind: 'busy', label: 'probe' })
  try {
    const adapter = await client.api.probe(backend)
    const defaults = await client.api.defaults()
    if (!isWanted()) return
    store.dispatch({ kind: 'adapter', adapter })
    store.dispatch({ kind: 'defaults', defaults })
  } catch (thrown) {
    if (isWanted()) store.dispatch({ kind: 'noAdapter', problem: noticeOf(LabError.from(thrown)) })
  } finally {
    store.dispatch({ kind: 'busy', label: null })
  }
}

/** Greets the worker, and looks for what there is to train on. Each part may fail on its own: the record stays readable. */
async function boot(session: Session, onEvent: (event: LabEvent) => void) {
  const { client, store } = session
  const connected = await session.attempt('connect', async () => {
    await client.subscribe(onEvent)
    store.dispatch({ kind: 'status', status: await client.api.status() })
  })
  store.dispatch({ kind: 'support', support: await checkGpu() })
  if (connected) await openEngine(session)
  const { labId, status } = store.get()
  // the worker goes on by itself where the lab was cut off while running
  if (connected && labId && status.labId !== labId) await session.openLab(labId)
}

function createCurve() {
  const listeners = new Set<() => void>()
  let timer: ReturnType<typeof setTimeout> | null = null
  const curve: LiveCurve = {
    ring: new PointRing(),
    number: null,
    repeat: 0,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const receive = (event: Extract<LabEvent, { kind: 'points' }>) => {
    if (event.reset || event.number !== curve.number || event.repeat !== curve.repeat) curve.ring.clear()
    curve.number = event.number
    curve.repeat = event.repeat
    curve.ring.push(event.points)
    timer ??= setTimeout(() => {
      timer = null
      for (const listener of listeners) listener()
    }, CURVE_INTERVAL_MS)
  }
  return { curve, receive }
}

/** Keeps the address at what is shown; another section is another entry of the browser's history. */
function mirrorToUrl(store: Store) {
  let written = location.hash.replace(/^#/, '')
  let shown = store.get().view
  store.subscribe(() => {
    const { draft, view, labId, openExperiment } = store.get()
    const hash = writeHash(draft, { view, labId, experiment: openExperiment })
    const isElsewhere = view !== shown
    shown = view
    if (hash === written) return
    written = hash
    const address = hash ? `#${hash}` : location.pathname + location.search
    if (isElsewhere) history.pushState(null, '', address)
    else history.replaceState(null, '', address)
  })
  // back and forward; an address typed over this one changes the section and no more
  addEventListener('hashchange', () => {
    written = location.hash.replace(/^#/, '')
    shown = readHash(written).place.view
    store.dispatch({ kind: 'view', view: shown })
  })
}
