import { useId } from 'react'
import type { ReactNode } from 'react'

/** A control with its label above and a note below; the note describes the control and is no part of its name. */
export function Field({ label, note, children }: {
  label: string
  note?: ReactNode
  /** @param describedBy for the control's aria-describedby */
  children: (describedBy: string | undefined) => ReactNode
}) {
  const id = useId()
  return (
    <div className="field">
      <label>
        <span className="field-label">{label}</span>
        {children(note ? id : undefined)}
      </label>
      {note && <p className="note" id={id}>{note}</p>}
    </div>
  )
}
