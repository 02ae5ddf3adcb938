import { useState } from 'react'
import type { LabRecord } from '../../history/types'
import type { ProgramCheck } from '../../worker/protocol'
import { useApp, useSession } from '../state/context'
import { plural } from '../state/format'
import { CheckResult } from './CheckResult'

/** Below the editor: check it, run it, save it, put it back. */
export function ProgramActions({ file, labId, lab, text, isEdited }: {
  file: 'trainJs' | 'programMd'
  labId: string | null
  lab: LabRecord | null
  text: string | null
  isEdited: boolean
}) {
  const session = useSession()
  const { api } = session.client
  const tokenizer = useApp((state) => lab?.task.tokenizer ?? state.draft.tokenizer)
  const watching = useApp((state) => state.status.watching)
  const [checked, setChecked] = useState<{ text: string; result: ProgramCheck } | null>(null)
  const [hypothesis, setHypothesis] = useState('')
  const [said, setSaid] = useState('')
  const waiting = file === 'trainJs' ? lab?.queue?.length ?? 0 : 0
  const reset = () => session.store.dispatch({ kind: 'edit', change: { [file]: null } })

  const check = () => session.attempt('check', async () => {
    if (text === null) return
    setChecked({ text, result: await api.check(text, tokenizer) })
  })
  const queue = () => session.attempt('queue', async () => {
    if (text === null) return
    await api.queueProgram(text, hypothesis.trim() || 'A version written by hand.')
    // a lab whose researcher is the person waits for nothing else
    if (lab?.controller === 'human' && session.store.get().status.phase === 'paused') await api.resume()
    setSaid('Queued as the next experiment.')
    setHypothesis('')
    reset()
  })
  const save = () => session.attempt('save', async () => {
    if (text === null) return
    await api.updateProgramMd(text)
    setSaid('program.md saved; it is committed with the next attempt.')
    reset()
  })

  return (
    <div className="program-actions">
      <div className="button-row">
        {file === 'trainJs' && <button type="button" className="button button-plain" onClick={() => void check()}>Check</button>}
        {file === 'programMd' && labId !== null && (
          <button type="button" className="button button-plain" aria-disabled={!isEdited || watching}
            onClick={() => {
              if (isEdited && !watching) void save()
            }}>
            Save
          </button>
        )}
        {isEdited && <button type="button" className="button button-quiet" onClick={reset}>Undo all edits</button>}
        {isEdited && labId === null && <span className="note">Start uses your version.</span>}
      </div>
      {file === 'trainJs' && labId !== null && (
        <form className="queue" onSubmit={(event) => {
          event.preventDefault()
          if (!watching) void queue()
        }}>
          <label className="field">
            <span className="field-label">Your hypothesis</span>
            <input type="text" value={hypothesis} placeholder="What you changed, and why it should help"
              onChange={(event) => setHypothesis(event.target.value)} />
          </label>
          <button type="submit" className="button button-plain" aria-disabled={watching}>Run my version</button>
        </form>
      )}
      {waiting > 0 && <p className="note">{plural(waiting, 'version')} of yours waiting for a turn.</p>}
      <p role="status" className="said">{said}</p>
      {file === 'trainJs' && checked && <CheckResult result={checked.result} stale={checked.text !== text} />}
    </div>
  )
}
