import { percent } from '../state/format'

const SIZE = 240
const PAD = { left: 48, right: 20, top: 12, bottom: 34 }
const TICKS = [0, 0.5, 1]

/** Said against kept: a good forecaster stays on the diagonal; larger dots stand for more attempts. */
export function ReliabilityChart({ bins, label }: { bins: readonly { forecast: number; kept: number; count: number }[]; label: string }) {
  const x = (value: number) => PAD.left + value * (SIZE - PAD.left - PAD.right)
  const y = (value: number) => SIZE - PAD.bottom - value * (SIZE - PAD.top - PAD.bottom)
  const most = Math.max(1, ...bins.map(({ count }) => count))
  return (
    <svg className="square-chart" width={SIZE} height={SIZE} viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={label}>
      {TICKS.map((value) => (
        <g key={value}>
          <line className="grid" x1={x(value)} x2={x(value)} y1={y(0)} y2={y(1)} />
          <line className="grid" x1={x(0)} x2={x(1)} y1={y(value)} y2={y(value)} />
          <text className="tick" x={PAD.left - 6} y={y(value) + 4} textAnchor="end">{percent(value, 0)}</text>
          <text className="tick" x={x(value)} y={SIZE - PAD.bottom + 15} textAnchor="middle">{percent(value, 0)}</text>
        </g>
      ))}
      <text className="axis" x={x(0.5)} y={SIZE - 3} textAnchor="middle">said</text>
      <text className="axis" x={PAD.left + 4} y={PAD.top + 4}>kept</text>
      <line className="diagonal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
      {bins.map(({ forecast, kept, count }) => (
        <circle key={forecast} className="dot" cx={x(forecast)} cy={y(kept)} r={4 + 6 * Math.sqrt(count / most)}>
          <title>{`said ${percent(forecast, 0)}, kept ${percent(kept, 0)} of ${count}`}</title>
        </circle>
      ))}
    </svg>
  )
}
