import { useState } from 'react'
import type { Experiment, LabRecord } from '../../history/types'
import { useSession } from '../state/context'
import { StairMark } from './StairMark'
import { Staircase } from './Staircase'
import { StaircaseTable } from './StaircaseTable'

const LEGEND = [
  ['kept', 'kept'],
  ['discarded', 'discarded'],
  ['failed', 'no score'],
  ['baseline', 'baseline'],
] as const

/** The staircase with its legend, its range switch and its table. */
export function StaircasePanel({ lab, rows }: { lab: LabRecord | null; rows: readonly Experiment[] }) {
  const session = useSession()
  const [showFloor, setShowFloor] = useState(false)
  const [asTable, setAsTable] = useState(false)
  return (
    <section className="card staircase-card" aria-labelledby="staircase-title">
      <div className="card-head">
        <h2 id="staircase-title">Staircase</h2>
        <ul className="legend" aria-label="Legend">
          {LEGEND.map(([mark, label]) => (
            <li key={mark}>
              <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true"><StairMark mark={mark} /></svg>
              {label}
            </li>
          ))}
          {lab?.sigmaBpb != null && <li><i className="swatch-band" aria-hidden="true" />baseline ± σ</li>}
        </ul>
        <div className="card-tools">
          {lab?.floorBpb != null && (
            <button type="button" className="chip-button" aria-pressed={showFloor} onClick={() => setShowFloor(!showFloor)}>
              Down to the floor
            </button>
          )}
          <button type="button" className="chip-button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            As a table
          </button>
        </div>
      </div>
      {asTable
        ? <StaircaseTable rows={rows} />
        : (
          <Staircase
            rows={rows}
            sigma={lab?.sigmaBpb ?? null}
            floor={lab?.floorBpb ?? null}
            showFloor={showFloor}
            onOpen={session.showExperiment}
          />
        )}
    </section>
  )
}
