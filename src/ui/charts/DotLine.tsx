import { delta } from '../state/format'
import { useWidth } from './useWidth'

const HEIGHT = 128
const FRAME = { left: 54, right: 10, top: 12, bottom: 24 }
/** the first dot stands clear of the scale */
const INSET = 8

export interface Dot {
  /** number of the experiment */
  at: number
  value: number
  /** an experiment that did not advance */
  hollow?: boolean
}

/** A few values over the experiments, joined by a line, with zero always in view. */
export function DotLine({ dots, label }: { dots: readonly Dot[]; label: string }) {
  const [ref, width] = useWidth<HTMLDivElement>(320)
  const values = dots.map(({ value }) => value)
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)]
  const span = high - low || 1e-4
  const end = Math.max(1, ...dots.map(({ at }) => at))
  const x = (at: number) => FRAME.left + INSET + (at / end) * (width - FRAME.left - INSET - FRAME.right)
  const y = (value: number) => FRAME.top + ((high - value) / span) * (HEIGHT - FRAME.top - FRAME.bottom)
  const line = dots.filter(({ hollow }) => !hollow).map((dot, i) => `${i === 0 ? 'M' : 'L'}${x(dot.at).toFixed(1)} ${y(dot.value).toFixed(1)}`)
  return (
    <div className="dot-line" ref={ref}>
      <svg width={width} height={HEIGHT} role="img" aria-label={label}>
        {[...new Set([high, 0, low])].map((value) => (
          <g key={value}>
            <line className="grid" x1={FRAME.left} x2={width - FRAME.right} y1={y(value)} y2={y(value)} />
            <text className="tick" x={FRAME.left - 6} y={y(value) + 4} textAnchor="end">{delta(value)}</text>
          </g>
        ))}
        <text className="tick" x={x(0)} y={HEIGHT - 4} textAnchor="middle">0</text>
        <text className="tick" x={width - FRAME.right} y={HEIGHT - 4} textAnchor="end">experiment {end}</text>
        <path className="dot-path" d={line.join('')} />
        {dots.map(({ at, value, hollow }, i) => (
          <circle key={i} className={hollow ? 'dot-hollow' : 'dot'} cx={x(at)} cy={y(value)} r={4}>
            <title>{`experiment ${at}: ${delta(value)}`}</title>
          </circle>
        ))}
      </svg>
    </div>
  )
}
