import { count } from '../state/format'
import { useWidth } from './useWidth'

const HEIGHT = 160
/** room for the scale of losses, and for that of steps */
const LEFT = 38
const BOTTOM = HEIGHT - 20

/** A stored curve in plain SVG, over another one: used where the run is over. */
export function MiniCurve({ curve, under, label }: {
  curve: Float32Array
  under: Float32Array | null
  label: string
}) {
  const [ref, width] = useWidth<HTMLDivElement>(420)
  const bounds = boundsOf(under ? [curve, under] : [curve])
  return (
    <div className="mini-curve" ref={ref}>
      <svg width={width} height={HEIGHT} role="img" aria-label={label}>
        <text className="tick" x={0} y={10}>{bounds.high.toFixed(2)}</text>
        <text className="tick" x={0} y={BOTTOM}>{bounds.low.toFixed(2)}</text>
        <text className="tick" x={LEFT} y={HEIGHT - 2}>0</text>
        <text className="tick" x={width - 4} y={HEIGHT - 2} textAnchor="end">{count(bounds.end)} steps</text>
        {under && <path className="ghost-line" d={pathOf(under, bounds, width)} />}
        <path className="curve-line" d={pathOf(curve, bounds, width)} />
      </svg>
    </div>
  )
}

interface Bounds { low: number; high: number; end: number }

function boundsOf(curves: Float32Array[]): Bounds {
  const bounds = { low: Infinity, high: -Infinity, end: 1 }
  for (const curve of curves) {
    for (let i = 0; i < curve.length; i += 2) {
      bounds.end = Math.max(bounds.end, curve[i])
      bounds.low = Math.min(bounds.low, curve[i + 1])
      bounds.high = Math.max(bounds.high, curve[i + 1])
    }
  }
  return Number.isFinite(bounds.low) ? bounds : { low: 0, high: 1, end: 1 }
}

function pathOf(curve: Float32Array, { low, high, end }: Bounds, width: number): string {
  let path = ''
  for (let i = 0; i < curve.length; i += 2) {
    const x = LEFT + (curve[i] / end) * (width - LEFT - 4)
    const y = 6 + ((high - curve[i + 1]) / (high - low || 1)) * (BOTTOM - 8)
    path += `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
  }
  return path
}
