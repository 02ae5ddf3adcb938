import { useState } from 'react'
import { useDesk, usePersona } from '../../state/bountyContext'
import { FileDrop } from '../FileDrop'
import { Icon } from '../Icon'

const MOST_BYTES = 60_000_000

/** Takes the messages of a bounty from a file: works with no relay at all. */
export function ImportMail() {
  const desk = useDesk()
  const persona = usePersona()
  const [said, setSaid] = useState('')
  const read = async (file: File) => {
    setSaid('')
    if (file.size > MOST_BYTES) return setSaid('This file is too large to be the messages of a bounty.')
    let found = 0
    if (await desk.attempt('import', async () => {
      found = await desk.api.importMail(persona, await file.text())
    })) setSaid(found === 0 ? 'Nothing new was in it.' : `${found} new ${found === 1 ? 'message was' : 'messages were'} in it.`)
  }
  return (
    <details className="advanced card">
      <summary><Icon name="right" size={14} />From a file</summary>
      <FileDrop label="Choose a file" accept=".json,application/json,text/plain" onFile={(file) => void read(file)}
        note="The messages of a bounty, as somebody exported them. Signatures are checked; nothing else in it is believed." />
      <p className="note" role="status">{said}</p>
    </details>
  )
}
