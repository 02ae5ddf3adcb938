import { useEffect, useRef, useState } from 'react'
import { useApp, useExperiments } from '../state/context'
import { isDecided, sentence } from '../state/outcome'

const PHASES = {
  idle: 'The lab rests.',
  running: 'The lab is running.',
  paused: 'The lab is paused.',
  stopping: 'The lab is stopping.',
  failed: 'The lab has failed.',
}

const ASKS = {
  paste: 'The lab waits for an answer: it has a question to take to a chat, at the top of the page.',
  approve: 'The lab waits for your word on a proposal, at the top of the page.',
}

/** Tells screen readers each decision and each change of phase, once, without interrupting. */
export function Announcer() {
  const labId = useApp((state) => state.labId)
  const phase = useApp((state) => state.status.phase)
  const rows = useExperiments(labId)
  const [decision, setDecision] = useState('')
  const known = useRef<{ labId: string | null; decided: number }>({ labId: null, decided: 0 })

  useEffect(() => {
    if (!rows) return
    const decided = rows.filter(isDecided)
    const before = known.current
    known.current = { labId, decided: decided.length }
    // what was there when the lab was opened is not news
    if (before.labId === labId && decided.length > before.decided) setDecision(sentence(decided[decided.length - 1]))
  }, [rows, labId])

  const started = useRef(phase)
  const [moved, setMoved] = useState('')
  useEffect(() => {
    if (started.current !== phase) setMoved(PHASES[phase])
    started.current = phase
  }, [phase])

  const asked = useApp((state) => state.status.labId === state.labId ? state.status.asking?.kind ?? null : null)

  return (
    <div className="visually-hidden" aria-live="polite" aria-atomic="false">
      <p>{decision}</p>
      <p>{moved}</p>
      <p>{asked && ASKS[asked]}</p>
    </div>
  )
}
