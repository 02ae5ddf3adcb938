import { useEffect } from 'react'
import { useSession } from '../state/context'
import { ACTIONS } from './actions'

/** Listens for Alt+key anywhere on the page and runs the action it belongs to, if that is allowed now. */
export function useShortcuts() {
  const session = useSession()
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return
      const action = Object.values(ACTIONS).find((entry) => entry.code === event.code)
      if (!action || !action.enabled(session.store.get())) return
      event.preventDefault()
      void action.run(session)
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [session])
}
