import { lazy, Suspense, useState } from 'react'
import type { Experiment, LabRecord } from '../../../history/types'
import { sent } from '../../state/providers'
import { useApp, useSession } from '../../state/context'
import { kindOf, researcherLabel } from '../../state/researchers'
import type { Researcher } from '../../state/researchers'
import { APPROVALS } from '../AdvancedSetup'
import { Choice } from '../Choice'
import { Icon } from '../Icon'
import { Limits } from './Limits'
import { GuidanceText } from './ModeChip'
import { NoteBox } from './NoteBox'
import { Reply } from './Reply'

const Memory = lazy(() => import('./Memory'))
const ChangeEnds = lazy(() => import('./ChangeEnds'))
const ChangeResearcher = lazy(() => import('./ChangeResearcher'))

/** Who proposes, why it does what it does now, what it is saying, what it costs, and how to have a word with it. */
export function ResearcherPanel({ lab, rows }: { lab: LabRecord; rows: readonly Experiment[] }) {
  const session = useSession()
  const { api } = session.client
  const mine = useApp((state) => state.status.labId === lab.labId)
  const watching = useApp((state) => state.status.watching)
  const meter = useApp((state) => state.status.meter)
  const guidance = lab.pending?.guidance ?? rows.findLast((row) => row.guidance !== undefined)?.guidance
  // shown at once: the record follows
  const [chosen, setChosen] = useState<'auto' | 'ask' | null>(null)
  const approval = chosen ?? lab.approval ?? 'auto'
  const approve = async (next: 'auto' | 'ask') => {
    setChosen(next)
    if (!await session.attempt('approval', () => api.setApproval(next))) setChosen(null)
  }
  const leads = mine && !watching
  return (
    <section className="card researcher" aria-labelledby="researcher-title">
      <div className="card-head">
        <h2 id="researcher-title">Researcher</h2>
        <p className="researcher-name">{researcherLabel(lab)}</p>
      </div>
      {guidance && <GuidanceText guidance={guidance} />}
      <Reply />
      {kindOf(lab) === 'person' && <p className="note">You are the researcher: edit train.js under Program, say what you expect, and press “Run my version”.</p>}
      {leads && (
        <div className="researcher-words">
          <NoteBox waiting={lab.notes ?? []} />
          <Choice
            name="lab-approval"
            legend="Before each experiment"
            options={APPROVALS}
            value={approval}
            onChange={(next) => void approve(next)}
            note={approval === 'ask' ? 'Every proposal waits for your word.' : 'The lab runs what is proposed. “Step” above runs one experiment and pauses.'}
          />
        </div>
      )}
      <Limits lab={lab} rows={rows} meter={mine ? meter : null} />
      {leads && (
        <>
          <Later summary="Lessons and papers"><Memory lab={lab} /></Later>
          <Later summary="When it ends"><ChangeEnds lab={lab} /></Later>
          <Later summary="Another researcher">
            <ChangeResearcher key={`${lab.controller} ${lab.researcher?.model.model}`} current={lab} onChange={(next: Researcher) => session.attempt('researcher', () => api.setResearcher(...sent(next)))} />
          </Later>
        </>
      )}
    </section>
  )
}

/** Something that is loaded when it is opened for the first time. */
function Later({ summary, children }: { summary: string; children: React.ReactNode }) {
  const [opened, setOpened] = useState(false)
  return (
    <details className="advanced" onToggle={(event) => {
      if (event.currentTarget.open) setOpened(true)
    }}>
      <summary><Icon name="right" size={14} />{summary}</summary>
      {opened && <Suspense fallback={<p className="note">Loading…</p>}>{children}</Suspense>}
    </details>
  )
}
