// Hooks that give views the session, a slice of the state, and live rows.

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { LabError } from '../../core/errors'
import type { Experiment, LabRecord } from '../../history/types'
import type { Session } from './session'
import { noticeOf } from './store'
import type { AppState } from './store'

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new LabError('lab.internal', 'A view was drawn outside a session.')
  return session
}

/** One field or stable derivation of the state; `select` must not build new objects. */
export function useApp<T>(select: (state: AppState) => T): T {
  const { store } = useSession()
  return useSyncExternalStore(store.subscribe, () => select(store.get()))
}

/** All labs, newest first; null until the first answer. */
export function useLabs(): LabRecord[] | null {
  const session = useSession()
  const [labs, setLabs] = useState<LabRecord[] | null>(null)
  useEffect(() => session.client.watchLabs(
    (rows) => setLabs([...rows].sort((a, b) => b.createdAt - a.createdAt)),
    (error) => report(session, error),
  ), [session])
  return labs
}

/** A lab's attempts by number; null until the first answer. */
export function useExperiments(labId: string | null): Experiment[] | null {
  const session = useSession()
  const [found, setFound] = useState<{ labId: string; rows: Experiment[] } | null>(null)
  useEffect(() => {
    if (!labId) return undefined
    return session.client.watchExperiments(
      labId,
      (rows) => setFound({ labId, rows: [...rows].sort((a, b) => a.number - b.number) }),
      (error) => report(session, error),
    )
  }, [session, labId])
  return found && found.labId === labId ? found.rows : null
}

/** A stored curve, loaded again when `revision` changes; null while absent. */
export function useStoredCurve(labId: string, number: number | null, revision: unknown = 0): Float32Array | null {
  const session = useSession()
  const [held, setHeld] = useState<{ key: string; curve: Float32Array | null } | null>(null)
  const key = `${labId}/${number}`
  useEffect(() => {
    let live = true
    if (number === null) return undefined
    session.client.loadCurve(labId, number).then(
      (curve) => {
        if (live) setHeld({ key, curve })
      },
      (error: unknown) => report(session, error),
    )
    return () => {
      live = false
    }
  }, [session, labId, number, key, revision])
  return held?.key === key ? held.curve : null
}

function report(session: Session, error: unknown) {
  session.store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(error)) })
}
