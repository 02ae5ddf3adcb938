// The staircase: every attempt as a point, the running best as a line going down towards the floor.

import { useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import type { Experiment } from '../../history/types'
import { bpb, delta } from '../state/format'
import { labelOf, sentence } from '../state/outcome'
import { StairMark } from './StairMark'
import { layoutStaircase } from './staircaseLayout'
import type { StairPoint } from './staircaseLayout'
import { useWidth } from './useWidth'

const KEY_STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowLeft: (at) => Math.max(0, at - 1),
  ArrowRight: (at, last) => Math.min(last, at + 1),
  Home: () => 0,
  End: (_, last) => last,
}

export function Staircase({ rows, sigma, floor, showFloor, onOpen }: {
  rows: readonly Experiment[]
  sigma: number | null
  floor: number | null
  showFloor: boolean
  onOpen: (number: number) => void
}) {
  const [ref, width] = useWidth<HTMLDivElement>(720)
  const points = useRef<SVGGElement>(null)
  const [active, setActive] = useState<number | null>(null)
  const height = width < 520 ? 260 : 330
  const frame = { width, height, left: 46, right: 12, top: 34, bottom: 30 }
  const layout = layoutStaircase(rows, frame, { sigma, floor, showFloor })
  const last = layout.points.length - 1
  const at = active === null ? last : Math.min(active, last)
  const focused = active === null ? null : layout.points[at] ?? null

  // hundreds of attempts: the beads of the line keep their size, what was only tried becomes texture
  const small = Math.min(1, Math.max(0.5, layout.pitch / 6))
  const reach = Math.min(12, Math.max(4, layout.pitch))

  const onKeyDown = (event: KeyboardEvent) => {
    const step = KEY_STEPS[event.key]
    if (event.key === 'Enter' || event.key === ' ') onOpen(layout.points[at].row.number)
    else if (!step) return
    else (points.current?.children[step(at, last)] as SVGGElement | undefined)?.focus()
    event.preventDefault()
  }

  return (
    <div className="staircase" ref={ref}>
      <svg width={width} height={height} role="group" aria-label="Staircase: val_bpb of each experiment, lower is better">
        <g aria-hidden="true">
          {layout.ticksY.map(({ y, value }) => (
            <g key={value}>
              <line className="grid" x1={frame.left} x2={width - frame.right} y1={y} y2={y} />
              <text className="tick" x={frame.left - 8} y={y + 4} textAnchor="end">{value.toFixed(layout.decimals)}</text>
            </g>
          ))}
          {layout.ticksX.filter(({ x }) => x < width - frame.right - 90).map(({ x, value }) => (
            <text className="tick" key={value} x={x} y={height - 10} textAnchor="middle">{value}</text>
          ))}
          <text className="axis" x={frame.left - 40} y={12}>val_bpb</text>
          <text className="axis" x={width - frame.right} y={height - 10} textAnchor="end">experiment</text>
          {layout.points.some(({ mark }) => mark === 'above') && (
            <text className="axis" x={width - frame.right} y={12} textAnchor="end">△ above this range</text>
          )}
          {layout.band && (
            <rect className="band" x={frame.left} width={width - frame.left - frame.right} {...layout.band} />
          )}
          {layout.floor && (
            <g>
              <line className="floor" x1={frame.left} x2={width - frame.right} y1={layout.floor.y} y2={layout.floor.y} />
              <text className="floor-label" x={width - frame.right} y={layout.floor.y - 6} textAnchor="end">
                entropy floor {bpb(floor)}
              </text>
            </g>
          )}
          {layout.floorBelow && (
            <text className="floor-label" x={width - frame.right} y={height - frame.bottom - 6} textAnchor="end">
              ↓ entropy floor {bpb(floor)}, below this range
            </text>
          )}
          <path className="stair-area" d={layout.area} />
          <path className="stair-line" d={layout.line} />
          {layout.labels.map(({ x, y, text }) => (
            <text className="stair-label" key={x} x={x} y={y} textAnchor="end">{text}</text>
          ))}
        </g>
        <g ref={points} onKeyDown={onKeyDown}>
          {layout.points.map((point, index) => (
            <g
              key={point.row.number}
              className="stair-point"
              role="button"
              tabIndex={index === at ? 0 : -1}
              aria-label={sentence(point.row)}
              transform={`translate(${point.x} ${point.y})`}
              onClick={() => onOpen(point.row.number)}
              onFocus={() => setActive(index)}
              onBlur={() => setActive(null)}
              onPointerEnter={() => setActive(index)}
              onPointerLeave={() => setActive(null)}
            >
              <circle className="hit" r={reach} />
              <g transform={`scale(${point.mark === 'kept' || point.mark === 'baseline' ? Math.max(0.75, small) : small})`}><StairMark mark={point.mark} /></g>
            </g>
          ))}
        </g>
      </svg>
      {layout.ticksY.length === 0 && <p className="empty-chart">The staircase begins with the baseline’s score.</p>}
      {focused && <Tip point={focused} width={width} />}
    </div>
  )
}

function Tip({ point, width }: { point: StairPoint; width: number }) {
  const { row } = point
  const left = Math.min(Math.max(point.x - 130, 4), Math.max(4, width - 268))
  const below = point.y < 130
  return (
    <div
      className="tip"
      aria-hidden="true"
      style={{ left, top: below ? point.y + 16 : undefined, bottom: below ? undefined : `calc(100% - ${point.y - 14}px)` }}
    >
      <b>{row.number} · {labelOf(row)}</b>
      {row.valBpb !== null && <span className="num">{bpb(row.valBpb)}{row.deltaBpb !== null && ` (${delta(row.deltaBpb)})`}</span>}
      <span>{row.description || row.hypothesis}</span>
    </div>
  )
}
