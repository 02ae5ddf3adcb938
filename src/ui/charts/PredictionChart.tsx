import { delta } from '../state/format'
import { useWidth } from './useWidth'

const HEIGHT = 240
const PAD = { left: 58, right: 14, top: 12, bottom: 34 }

/** Expected change against measured change; below zero is better. Measured outliers stand at the edge. */
export function PredictionChart({ deltas, label }: { deltas: readonly { number: number; expected: number; actual: number }[]; label: string }) {
  const [ref, width] = useWidth<HTMLDivElement>(320)
  const range = rangeOf(deltas)
  const clamp = (value: number) => Math.min(range, Math.max(-range, value))
  const x = (value: number) => PAD.left + ((clamp(value) + range) / (2 * range)) * (width - PAD.left - PAD.right)
  const y = (value: number) => PAD.top + ((range - clamp(value)) / (2 * range)) * (HEIGHT - PAD.top - PAD.bottom)
  return (
    <div ref={ref}>
      <svg className="wide-chart" width={width} height={HEIGHT} role="img" aria-label={label}>
        {[-range, 0, range].map((value) => (
          <g key={value}>
            <line className="grid" x1={x(value)} x2={x(value)} y1={y(range)} y2={y(-range)} />
            <line className="grid" x1={x(-range)} x2={x(range)} y1={y(value)} y2={y(value)} />
            <text className="tick" x={PAD.left - 6} y={y(value) + 4} textAnchor="end">{delta(value)}</text>
            <text className="tick" x={x(value)} y={HEIGHT - PAD.bottom + 15} textAnchor={value > 0 ? 'end' : value < 0 ? 'start' : 'middle'}>{delta(value)}</text>
          </g>
        ))}
        <text className="axis" x={x(0)} y={HEIGHT - 3} textAnchor="middle">expected change</text>
        <text className="axis" x={PAD.left + 4} y={PAD.top + 4}>measured</text>
        <line className="diagonal" x1={x(-range)} y1={y(-range)} x2={x(range)} y2={y(range)} />
        {deltas.map(({ number, expected, actual }) => (
          <circle key={number} className={Math.abs(actual) > range ? 'dot-hollow' : 'dot'} cx={x(expected)} cy={y(actual)} r={4}>
            <title>{`experiment ${number}: expected ${delta(expected)}, measured ${delta(actual)}`}</title>
          </circle>
        ))}
      </svg>
    </div>
  )
}

/** Wide enough for all that was expected and nine of ten that were measured. */
function rangeOf(deltas: readonly { expected: number; actual: number }[]): number {
  const actual = deltas.map((pair) => Math.abs(pair.actual)).toSorted((a, b) => a - b)
  const common = actual[Math.floor(0.9 * (actual.length - 1))] ?? 0
  return Math.max(1e-3, common, ...deltas.map(({ expected }) => Math.abs(expected))) * 1.15
}
