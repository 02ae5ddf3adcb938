import type { Guidance } from '../../../research/guide/types'
import { MODES, ORDERS } from '../../state/guidance'
import { Icon } from '../Icon'

/** The mode a proposal is made in, as sign and word. */
function ModeChip({ mode }: { mode: Guidance['mode'] }) {
  const { label, icon } = MODES[mode]
  return <span className="mode-chip"><Icon name={icon} size={14} />{label}</span>
}

/** Why this mode, and what was asked of the proposal beyond that. */
export function GuidanceText({ guidance: { mode, reason, orders } }: { guidance: Guidance }) {
  return (
    <>
      <p className="guidance-reason"><ModeChip mode={mode} /> {reason || `It ${MODES[mode].meaning}.`}</p>
      {orders.length > 0 && (
        <ul className="orders" aria-label="Orders">
          {orders.map(({ kind, text }, i) => <li key={i}><b>{ORDERS[kind]}</b> <span>{text}</span></li>)}
        </ul>
      )}
    </>
  )
}
