import { useState } from 'react'

/** A number of at least 0 that may be left open; `null` is what an empty field means. */
export function NumberField({ label, value, onChange, step = 1, placeholder = 'no limit' }: {
  label: string
  value: number | null
  onChange: (value: number | null) => void
  /** below 1: fractions are allowed */
  step?: number
  placeholder?: string
}) {
  // "0." is a number on its way to 0.5: what is typed stays as it is
  const [typed, setTyped] = useState('')
  const read = (text: string) => {
    const found = Number(text)
    if (text === '' || !(found > 0)) return null
    return step < 1 ? found : Math.round(found)
  }
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <input type="text" inputMode={step < 1 ? 'decimal' : 'numeric'} autoComplete="off" placeholder={placeholder}
        value={read(typed) === value ? typed : value ?? ''}
        onChange={(event) => {
          const text = event.target.value.replace(/[^\d.]/g, '')
          setTyped(text)
          onChange(read(text))
        }} />
    </label>
  )
}
