import { useId, useState } from 'react'
import type { ReactNode } from 'react'

/** A number with its unit behind it. What is typed stays as it is; what is no number counts as NaN, which the check refuses. */
export function Amount({ label, unit, value, note, whole = true, onChange }: {
  label: string
  unit: string
  value: number
  note?: ReactNode
  /** false: fractions are allowed */
  whole?: boolean
  onChange: (value: number) => void
}) {
  const id = useId()
  const [typed, setTyped] = useState<string | null>(null)
  const shown = typed !== null && Object.is(read(typed, whole), value) ? typed : Number.isNaN(value) ? typed ?? '' : String(value)
  return (
    <div className="field">
      <label>
        <span className="field-label">{label}</span>
        <span className="amount">
          <input type="text" inputMode={whole ? 'numeric' : 'decimal'} autoComplete="off" value={shown} aria-describedby={note ? id : undefined}
            onChange={(event) => {
              const text = event.target.value.replace(/[^\d.]/g, '')
              setTyped(text)
              onChange(read(text, whole))
            }} />
          <span className="amount-unit">{unit}</span>
        </span>
      </label>
      {note && <p className="note" id={id}>{note}</p>}
    </div>
  )
}

function read(text: string, whole: boolean): number {
  if (text === '') return NaN
  const value = Number(text)
  return whole ? Math.round(value) : value
}
