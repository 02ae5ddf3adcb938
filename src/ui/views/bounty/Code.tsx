import { lazy, Suspense, useState } from 'react'
import { Icon } from '../Icon'

const DiffView = lazy(() => import('../DiffView'))

/** train.js behind a fold, what was changed marked; the editor is loaded when it is opened. */
export function Code({ label, before, after, open: openAtFirst = false }: { label: string; before: string; after: string; open?: boolean }) {
  const [open, setOpen] = useState(openAtFirst)
  return (
    <details className="advanced" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><Icon name="right" size={14} />{label}</summary>
      {open && <div className="diff"><Suspense fallback={<p className="note">Loading…</p>}><DiffView before={before} after={after} /></Suspense></div>}
    </details>
  )
}
