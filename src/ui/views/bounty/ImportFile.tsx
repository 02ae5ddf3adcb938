import { useState } from 'react'
import { LabError } from '../../../core/errors'
import { useDesk, usePersona } from '../../state/bountyContext'
import { FileDrop } from '../FileDrop'
import { Icon } from '../Icon'

const MOST_BYTES = 60_000_000

/** Takes what somebody exported: the messages of a bounty are heard, with no relay at all; bounty.json becomes a draft. */
export function ImportFile() {
  const desk = useDesk()
  const persona = usePersona()
  const [said, setSaid] = useState('')
  const [problem, setProblem] = useState<LabError | null>(null)
  const read = async (file: File) => {
    setSaid('')
    setProblem(null)
    if (file.size > MOST_BYTES) return setSaid('This file is too large to be a bounty.')
    try {
      const read = await desk.api.importFile(persona, await file.text())
      if (read.kind === 'spec') {
        desk.setImported({ fileName: file.name, ...read })
        return desk.go({ page: 'post', bounty: null })
      }
      setSaid(read.found === 0 ? 'Nothing new was in it.' : `${read.found} new ${read.found === 1 ? 'message was' : 'messages were'} in it.`)
      await desk.refresh(persona)
    } catch (thrown) {
      setProblem(LabError.from(thrown))
    }
  }
  return (
    <details className="advanced card">
      <summary><Icon name="right" size={14} />From a file</summary>
      <FileDrop label="Choose a file" accept=".json,application/json,text/plain" onFile={(file) => void read(file)}
        note="Every message of a bounty, to go on with it here: signatures are checked, and nothing else in it is believed. Or a bounty.json, to post one like it yourself." />
      <p className="note" role="status">{said}</p>
      {problem && <p className="problem problem-hint" role="alert"><b>{problem.message}</b>{`\n${problem.hint}`}</p>}
    </details>
  )
}
