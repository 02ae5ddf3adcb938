import { useEffect, useRef } from 'react'
import type { Experiment, LabRecord } from '../../history/types'
import { useSession } from '../state/context'
import { bpb, delta } from '../state/format'
import { Badge } from './Badge'
import { CurveSection } from './CurveSection'
import { DiffSection } from './DiffSection'
import { ExperimentFacts } from './ExperimentFacts'
import { Icon } from './Icon'
import { SheetOrigin } from './SheetOrigin'
import { SamplePanel } from './SamplePanel'
import { SheetReceipt } from './SheetReceipt'
import { SheetVerdict } from './SheetVerdict'

/** Everything known about one attempt, in a sheet over the page. */
export function ExperimentSheet({ labId, row, rows, lab }: {
  labId: string
  row: Experiment
  rows: readonly Experiment[]
  lab: LabRecord | null
}) {
  const session = useSession()
  const sheet = useRef<HTMLDialogElement>(null)
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const dialog = sheet.current
    const before = document.activeElement
    dialog?.showModal()
    title.current?.focus()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement || before instanceof SVGElement) before.focus()
    }
  }, [])

  const at = rows.findIndex((entry) => entry.number === row.number)
  const neighbour = (offset: number) => rows[at + offset]?.number ?? null
  const close = () => session.showExperiment(null)

  return (
    <dialog
      ref={sheet}
      className="sheet"
      aria-labelledby="sheet-title"
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClick={(event) => {
        if (event.target === sheet.current) close()
      }}
    >
      <div className="sheet-body">
        <header className="sheet-head">
          <h2 id="sheet-title" ref={title} tabIndex={-1}>
            {row.status === 'baseline' ? 'Baseline' : `Experiment ${row.number}`}
          </h2>
          <Badge row={row} />
          <div className="sheet-tools">
            <Neighbour label="Earlier" icon="left" number={neighbour(-1)} />
            <Neighbour label="Later" icon="right" number={neighbour(1)} />
            <button type="button" className="button button-quiet icon-only" aria-label="Close" onClick={close}>
              <Icon name="close" />
            </button>
          </div>
        </header>

        <p className="sheet-hypothesis">{row.hypothesis || row.description}</p>
        <dl className="sheet-scores">
          <div><dt>val_bpb</dt><dd className="num">{bpb(row.valBpb)}</dd></div>
          <div><dt>Change</dt><dd className="num">{delta(row.deltaBpb)}</dd></div>
          <div><dt>Parent</dt><dd className="num">{row.parentNumber ?? '–'}</dd></div>
          <div><dt>Proposed by</dt><dd>{row.proposer}</dd></div>
        </dl>
        <SheetVerdict row={row} />
        <SheetOrigin row={row} />
        <DiffSection key={`diff-${row.number}`} number={row.number} status={row.status} />
        <CurveSection labId={labId} row={row} />
        <ExperimentFacts row={row} lab={lab} />
        <SheetReceipt key={`receipt-${row.number}`} labId={labId} row={row} />
        {(row.status === 'keep' || row.status === 'baseline') && (
          <SamplePanel key={`sample-${row.number}`} number={row.number} isBaseline={row.status === 'baseline'} />
        )}
      </div>
    </dialog>
  )
}

function Neighbour({ label, icon, number }: { label: string; icon: 'left' | 'right'; number: number | null }) {
  const session = useSession()
  return (
    <button
      type="button"
      className="button button-quiet icon-only"
      aria-label={`${label} experiment`}
      title={`${label} experiment`}
      aria-disabled={number === null}
      onClick={() => {
        if (number !== null) session.showExperiment(number)
      }}
    >
      <Icon name={icon} />
    </button>
  )
}
