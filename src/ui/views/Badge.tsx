import type { ExperimentStatus } from '../../history/types'
import { outcomeOf } from '../state/outcome'
import { Icon } from './Icon'

/** A status as sign and word. */
export function Badge({ status }: { status: ExperimentStatus }) {
  const { label, icon, tone } = outcomeOf(status)
  return (
    <span className={`badge badge-${tone}`}>
      <Icon name={icon} size={14} />
      {label}
    </span>
  )
}
