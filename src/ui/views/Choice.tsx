import type { ReactNode } from 'react'

export interface Option<T extends string> {
  value: T
  label: string
}

/** A row of radio buttons that look like one switch. */
export function Choice<T extends string>({ name, legend, note, options, value, onChange }: {
  name: string
  legend: string
  note?: ReactNode
  options: readonly Option<T>[]
  value: T
  onChange: (value: T) => void
}) {
  return (
    <fieldset className="field">
      <legend>{legend}</legend>
      <div className="choice">
        {options.map((option) => (
          <label key={option.value} className="choice-option">
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
      {note && <p className="note">{note}</p>}
    </fieldset>
  )
}
