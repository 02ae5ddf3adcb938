import type { Experiment } from '../../history/types'
import { labelOf, outcomeOf } from '../state/outcome'
import { Icon } from './Icon'

/** What became of an attempt, as sign and word. */
export function Badge({ row }: { row: Pick<Experiment, 'status' | 'judgement' | 'error'> }) {
  const { icon, tone } = outcomeOf(row.status)
  return (
    <span className={`badge badge-${tone}`}>
      <Icon name={icon} size={14} />
      {labelOf(row)}
    </span>
  )
}
