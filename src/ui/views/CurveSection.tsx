import { MiniCurve } from '../charts/MiniCurve'
import type { Experiment } from '../../history/types'
import { useStoredCurve } from '../state/context'

/** How this attempt's loss went, over its parent's. */
export function CurveSection({ labId, row }: { labId: string; row: Experiment }) {
  const curve = useStoredCurve(labId, row.number, row.status)
  const parent = useStoredCurve(labId, row.parentNumber)
  if (!curve || curve.length < 4) return null
  const first = curve[1].toFixed(2)
  const last = curve[curve.length - 1].toFixed(2)
  return (
    <section aria-labelledby="curve-title">
      <h3 id="curve-title">Training loss <small className="note">nats per token</small></h3>
      <MiniCurve curve={curve} under={parent} label={`Training loss from ${first} to ${last} nats per token`} />
      {parent && (
        <ul className="legend">
          <li><i className="swatch-live" aria-hidden="true" />this attempt</li>
          <li><i className="swatch-ghost" aria-hidden="true" />its parent ({row.parentNumber})</li>
        </ul>
      )}
    </section>
  )
}
