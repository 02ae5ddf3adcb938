import { useState } from 'react'
import { useSession } from '../../state/context'

const LONGEST = 2000

/** A word to the researcher: read at its next proposal, once. */
export function NoteBox({ waiting }: { waiting: readonly string[] }) {
  const session = useSession()
  const [text, setText] = useState('')
  const [said, setSaid] = useState('')
  const send = async () => {
    const note = text.trim()
    if (note === '') return
    if (!await session.attempt('note', () => session.client.api.addNote(note))) return
    setText('')
    setSaid('It is read at the next proposal.')
  }
  return (
    <form className="note-box" onSubmit={(event) => {
      event.preventDefault()
      void send()
    }}>
      <label className="field">
        <span className="field-label">A note to the researcher</span>
        <textarea rows={2} maxLength={LONGEST} value={text} placeholder="Read at the next proposal, once" onChange={(event) => {
          setText(event.target.value)
          setSaid('')
        }} />
      </label>
      <div className="button-row">
        <button type="submit" className="button button-plain" aria-disabled={text.trim() === ''}>Leave the note</button>
        <span role="status" className="said">{said}</span>
      </div>
      {waiting.length > 0 && (
        <ul className="notes-waiting" aria-label="Notes waiting to be read">
          {waiting.map((note, i) => <li key={i}>{note}</li>)}
        </ul>
      )}
    </form>
  )
}
