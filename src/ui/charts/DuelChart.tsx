import type { DuelReport } from '../../worker/researchProtocol'
import { useWidth } from './useWidth'

const HEIGHT = 260
const PAD = { left: 54, right: 14, top: 14, bottom: 32 }

/** Best score so far after each experiment, one thin curve a seed and the mean of each side above them. */
export function DuelChart({ pairs, label }: { pairs: DuelReport['pairs']; label: string }) {
  const [ref, width] = useWidth<HTMLDivElement>(640)
  const all = pairs.flatMap(({ a, b }) => [...a.curve, ...b.curve])
  const length = Math.max(2, ...pairs.flatMap(({ a, b }) => [a.curve.length, b.curve.length]))
  const low = Math.min(...all)
  const high = Math.max(...all, low + 1e-3)
  const x = (at: number) => PAD.left + (at / (length - 1)) * (width - PAD.left - PAD.right)
  const y = (value: number) => PAD.top + ((high - value) / (high - low)) * (HEIGHT - PAD.top - PAD.bottom)
  const path = (curve: readonly number[]) =>
    curve.map((value, i) => i === 0 ? `M${x(0).toFixed(1)} ${y(value).toFixed(1)}` : `H${x(i).toFixed(1)}V${y(value).toFixed(1)}`).join('')
  return (
    <div ref={ref}>
      <svg className="wide-chart" width={width} height={HEIGHT} role="img" aria-label={label}>
        {all.length > 0 && [high, (high + low) / 2, low].map((value) => (
          <g key={value}>
            <line className="grid" x1={PAD.left} x2={width - PAD.right} y1={y(value)} y2={y(value)} />
            <text className="tick" x={PAD.left - 8} y={y(value) + 4} textAnchor="end">{value.toFixed(3)}</text>
          </g>
        ))}
        <text className="tick" x={PAD.left} y={HEIGHT - 10}>baseline</text>
        <text className="axis" x={width - PAD.right} y={HEIGHT - 10} textAnchor="end">experiment {length - 1}</text>
        {pairs.map(({ seed, a, b }) => (
          <g key={seed}>
            <path className="duel-a" d={path(a.curve)} />
            <path className="duel-b" d={path(b.curve)} />
          </g>
        ))}
        <path className="duel-a duel-mean" d={path(meanOf(pairs.map(({ a }) => a.curve)))} />
        <path className="duel-b duel-mean" d={path(meanOf(pairs.map(({ b }) => b.curve)))} />
      </svg>
    </div>
  )
}

/** Mean over the seeds that have begun, as far as all of them have come. */
function meanOf(curves: readonly (readonly number[])[]): number[] {
  const longest = Math.min(...curves.filter((curve) => curve.length > 0).map((curve) => curve.length))
  if (!Number.isFinite(longest)) return []
  const there = curves.filter((curve) => curve.length > 0)
  return Array.from({ length: longest }, (_, i) => there.reduce((sum, curve) => sum + curve[i], 0) / there.length)
}
