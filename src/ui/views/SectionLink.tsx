import type { ReactNode } from 'react'
import { useApp, useSession } from '../state/context'
import { writeHash } from '../state/urlHash'

/** A link to a section of the page, with an address of its own; the lab and its setup stay as they are. */
export function SectionLink({ id, current, children }: { id: string; current?: boolean; children: ReactNode }) {
  const { store } = useSession()
  const hash = useApp(({ draft, labId }) => writeHash(draft, { view: id, labId, experiment: null }))
  return (
    <a
      href={`#${hash}`}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => {
        // with a key held the browser opens the address in a tab or a window of its own
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        store.dispatch({ kind: 'view', view: id })
      }}
    >
      {children}
    </a>
  )
}
