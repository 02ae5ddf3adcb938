import { useState } from 'react'
import { Icon } from '../Icon'

/** Puts a text on the clipboard, and says whether that worked. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied.')
    } catch {
      setSaid('This browser did not allow it: select the text and copy it yourself.')
    }
  }
  return (
    <>
      <button type="button" className="chip-button" onClick={() => void copy()} aria-label={label}><Icon name="copy" size={13} />Copy</button>
      <span className="note" role="status">{said}</span>
    </>
  )
}
