import { useEffect, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { ResearchReport } from '../../../worker/researchProtocol'
import { useApp, useExperiments, useLabs, useSession } from '../../state/context'
import { isDecided } from '../../state/outcome'
import { noticeOf } from '../../state/store'
import { ExperimentSheet } from '../ExperimentSheet'
import { SectionLink } from '../SectionLink'
import { Calibration } from './Calibration'
import { Coverage } from './Coverage'
import { Duel } from './Duel'
import { KnobImportance } from './KnobImportance'
import { Lineage } from './Lineage'

/** What a lab's record says about its research: where ideas came from, what was tried, how well it was predicted. */
export default function ResearchSection() {
  const labId = useApp((state) => state.labId)
  return (
    <section className="research" aria-labelledby="research-title">
      <h1 id="research-title">Research</h1>
      {labId === null
        ? <p className="lede">Every lab has a record here of how its researcher went about it: where its ideas came from, what was tried, which knobs mattered, and how well it foresaw what came. <SectionLink id="lab">Start a lab, or open one</SectionLink>, and come back.</p>
        : <OfLab key={labId} labId={labId} />}
    </section>
  )
}

function OfLab({ labId }: { labId: string }) {
  const rows = useExperiments(labId)
  const lab = useLabs()?.find((entry) => entry.labId === labId) ?? null
  const open = useApp((state) => state.openExperiment)
  const report = useReport(labId, rows?.filter(isDecided).length ?? 0)
  if (!rows || !lab) return <p className="note">Reading the record…</p>
  const opened = open === null ? null : rows.find((row) => row.number === open) ?? null
  return (
    <>
      <p className="lede">{lab.name}: where its ideas came from, what has been tried, and how well what came was foreseen.</p>
      <Lineage rows={rows} />
      <Coverage report={report} />
      <KnobImportance report={report} />
      <Calibration report={report} />
      <Duel lab={lab} />
      {opened && <ExperimentSheet labId={labId} row={opened} rows={rows} lab={lab} />}
    </>
  )
}

/** What the record adds up to, read again after every decision; null until the first answer. */
function useReport(labId: string, decided: number): ResearchReport | null {
  const { client, store } = useSession()
  const isOpen = useApp((state) => state.status.labId === labId)
  const [report, setReport] = useState<ResearchReport | null>(null)
  useEffect(() => {
    if (!isOpen) return
    client.api.report().then(setReport, (thrown: unknown) => store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) }))
  }, [client, store, isOpen, labId, decided])
  return report
}
