import { useState } from 'react'
import type { Researcher } from '../../state/researchers'
import { ResearcherChoice } from './ResearcherChoice'

/** Another researcher for the same lab: its record stays, and every row says who proposed it. */
export default function ChangeResearcher({ current, onChange }: { current: Researcher; onChange: (next: Researcher) => Promise<boolean> }) {
  const [draft, setDraft] = useState<Researcher>({ controller: current.controller, researcher: current.researcher })
  const [said, setSaid] = useState('')
  return (
    <div className="researcher-change">
      <ResearcherChoice name="lab" value={draft} onChange={(next) => {
        setDraft(next)
        setSaid('')
      }} />
      <div className="button-row">
        <button type="button" className="button button-plain" onClick={() => void onChange(draft).then((done) => setSaid(done ? 'It proposes from the next experiment on.' : ''))}>
          Let it propose
        </button>
        <span role="status" className="said">{said}</span>
      </div>
    </div>
  )
}
