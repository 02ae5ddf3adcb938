import type { StairPoint } from './staircaseLayout'

/** One attempt as a shape: a bead, a ring, a cross, a diamond; each readable without colour. */
export function StairMark({ mark }: { mark: StairPoint['mark'] }) {
  if (mark === 'kept') return <circle className="mark-kept" r={5.5} />
  if (mark === 'discarded') return <circle className="mark-discarded" r={3.6} />
  if (mark === 'baseline') return <path className="mark-baseline" d="M0-6L6 0 0 6-6 0z" />
  if (mark === 'above') return <path className="mark-discarded" d="M-4 3L0-4 4 3z" />
  return <path className="mark-failed" d="M-3.6-3.6L3.6 3.6M3.6-3.6L-3.6 3.6" />
}
