import { useId, useState } from 'react'
import type { DragEvent, ReactNode } from 'react'
import { Icon } from './Icon'

/** Takes one file, chosen or dropped. */
export function FileDrop({ label, accept, note, onFile }: {
  label: string
  accept: string
  note: ReactNode
  onFile: (file: File) => void
}) {
  const id = useId()
  const [over, setOver] = useState(false)
  const take = (file: File | undefined) => {
    if (file) onFile(file)
  }
  const onDrop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer.files[0])
  }
  return (
    <div
      className={over ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <input id={id} className="visually-hidden" type="file" accept={accept} onChange={(event) => {
        take(event.target.files?.[0])
        event.target.value = '' // the same file may be chosen again
      }} />
      <label htmlFor={id} className="button button-plain"><Icon name="file" />{label}</label>
      <p className="note">{note}</p>
    </div>
  )
}
