// Lines of descent: what was kept runs on, forks bend away, what was put together is joined from below.

import { useLayoutEffect, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import type { Experiment } from '../../history/types'
import { sentence } from '../state/outcome'
import { LANE, layoutLineage } from './lineageLayout'
import { StairMark } from './StairMark'
import { useWidth } from './useWidth'

/** pixels between two attempts: the whole record where it fits, else it scrolls */
const STEP = { least: 22, most: 44 }

export function LineageGraph({ rows, onOpen }: { rows: readonly Experiment[]; onOpen: (number: number) => void }) {
  const [ref, width] = useWidth<HTMLDivElement>(900)
  const step = Math.min(STEP.most, Math.max(STEP.least, Math.floor((width - 40) / Math.max(1, rows.length - 1))))
  const layout = layoutLineage(rows, step)
  const forks = new Set(layout.stubs.flatMap(({ number, kind }) => (kind === 'fork' ? [number] : [])))
  const points = useRef<SVGGElement>(null)
  // a record that does not fit is opened at its end, and followed as it grows unless the person has scrolled back
  const atEnd = useRef(true)
  useLayoutEffect(() => {
    if (ref.current && atEnd.current) ref.current.scrollLeft = ref.current.scrollWidth
  }, [ref, layout.width])
  const last = layout.nodes.length - 1
  const [active, setActive] = useState(last)
  const at = Math.min(Math.max(0, active), last)
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key]
    if (event.key === 'Enter' || event.key === ' ') onOpen(layout.nodes[at].row.number)
    else if (to === undefined) return
    else (points.current?.children[Math.min(Math.max(0, to), last)] as SVGGElement | undefined)?.focus()
    event.preventDefault()
  }
  return (
    <div className="lineage-scroll" ref={ref} onScroll={({ currentTarget: box }) => (atEnd.current = box.scrollLeft + box.clientWidth > box.scrollWidth - step)}>
      <svg width={layout.width} height={layout.height} role="group" aria-label="Lineage: which experiment started from which">
        <g aria-hidden="true">
          {layout.lanes.map(({ lane, y, from, to }) => <line key={lane} className={lane === 0 ? 'lane' : 'lane lane-fork'} x1={from} x2={Math.max(to, from + 6)} y1={y} y2={y} />)}
          {layout.stubs.map(({ number, path, kind }) => <path key={number} className={`stub stub-${kind}`} d={path} />)}
          {layout.joins.map(({ key, path }) => <path key={key} className="join" d={path} />)}
          {layout.nodes.filter(({ row }, i) => i === 0 || row.number % 5 === 0 || row.status === 'keep').map(({ row, x, y, lane }) => (
            // beside the bend that leads to a fork, not on it
            <text key={row.number} className="tick" x={forks.has(row.number) ? x - 5 : x} y={y === layout.lanes[lane].y ? y - 10 : y + 17}
              textAnchor={forks.has(row.number) ? 'start' : 'middle'}>{row.number}</text>
          ))}
        </g>
        <g ref={points} onKeyDown={onKeyDown}>
          {layout.nodes.map((node, index) => (
            <g
              key={node.row.number}
              className="stair-point"
              role="button"
              tabIndex={index === at ? 0 : -1}
              aria-label={`${sentence(node.row)} ${descent(node.row)}`}
              transform={`translate(${node.x} ${node.y})`}
              onClick={() => onOpen(node.row.number)}
              onFocus={() => setActive(index)}
            >
              <title>{`${node.row.number}: ${node.row.description || node.row.hypothesis}`}</title>
              <rect className="hit" x={-step / 2} y={-LANE / 4} width={step} height={LANE / 2} />
              <StairMark mark={node.mark} />
            </g>
          ))}
        </g>
      </svg>
    </div>
  )
}

function descent({ parentNumber, parents }: Experiment): string {
  if (parents && parents.length > 0) return `Puts together ${parents.join(' and ')}.`
  return parentNumber === null ? '' : `From ${parentNumber}.`
}
