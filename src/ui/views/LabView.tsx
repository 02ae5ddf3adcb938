import { lazy, Suspense } from 'react'
import { MEASURED_ON, otherBackend } from '../../worker/otherBackend'
import { useApp, useExperiments, useLabs } from '../state/context'
import { summarise } from '../state/summary'
import { RulerPanel } from '../charts/RulerPanel'
import { StaircasePanel } from '../charts/StaircasePanel'
import { ExperimentList } from './ExperimentList'
import { ExperimentSheet } from './ExperimentSheet'
import { Banner } from './Notices'
import { Preparing } from './Preparing'
import { ProfileSection } from './ProfileSection'
import { ProgramSection } from './ProgramSection'
import { RunPanel } from './RunPanel'
import { RunsOn } from './RunsOn'
import { RunStrip } from './RunStrip'
import { ScoreLine } from './ScoreLine'
import { TransferSection } from './TransferSection'
import { EndCard } from './researcher/EndCard'
import { ResearcherPanel } from './researcher/ResearcherPanel'

const QuestionCard = lazy(() => import('./researcher/QuestionCard'))

/** One lab: how far it has come, what it does now, what it has tried, and its program. */
export function LabView({ labId }: { labId: string }) {
  const lab = useLabs()?.find((entry) => entry.labId === labId) ?? null
  const rows = useExperiments(labId)
  const open = useApp((state) => state.openExperiment)
  const adapter = useApp((state) => state.adapter)
  const shown = rows ?? []
  const asking = useApp((state) => state.status.labId === labId ? state.status.asking : null)
  const watching = useApp((state) => state.status.watching)
  const elsewhere = otherBackend(shown, adapter)
  const opened = open === null ? null : shown.find((row) => row.number === open) ?? null
  return (
    <>
      <RunStrip lab={lab} />
      <Preparing />
      {lab?.end && <EndCard end={lab.end} />}
      {asking && <Suspense><QuestionCard key={asking.id} question={asking} canAnswer={!watching} /></Suspense>}
      {elsewhere && (
        <div className="notices">
          <Banner notice={{
            level: 'info',
            message: `The runs of this lab so far were measured on ${MEASURED_ON[elsewhere]}.`,
            hint: 'Another backend rounds otherwise, and training blows that up: the same program may score some per cent apart, so gains across backends mean little. ' +
              'Go on if that is enough, choose the earlier backend under “Trains on”, or start a new lab: it measures its own baseline.',
          }} />
        </div>
      )}
      <div className="lab-grid">
        <div className="lab-main">
          <ScoreLine lab={lab} summary={summarise(shown)} />
          <StaircasePanel lab={lab} rows={shown} />
          <RunPanel lab={lab} rows={shown} />
          {lab && <ResearcherPanel lab={lab} rows={shown} />}
        </div>
        <ExperimentList rows={rows} incumbent={lab?.incumbent ?? null} />
      </div>
      <RulerPanel lab={lab} rows={shown} />
      <RunsOn />
      <ProgramSection labId={labId} lab={lab} />
      {lab && <TransferSection key={labId} lab={lab} rows={shown} />}
      <ProfileSection />
      {opened && <ExperimentSheet labId={labId} row={opened} rows={shown} lab={lab} />}
    </>
  )
}
