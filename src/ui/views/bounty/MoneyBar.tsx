import type { Money } from '../../../bounty/types'
import { satText } from '../../state/bountyMoney'
import { dateText } from '../../state/bountyWords'
import { Sats } from './Sats'

const PARTS = [
  { key: 'paidMsat', name: 'Paid', look: 'paid' },
  { key: 'lockedMsat', name: 'Locked', look: 'locked' },
  { key: 'pendingMsat', name: 'Pending', look: 'pending' },
  { key: 'refundedMsat', name: 'Came back', look: 'refunded' },
] as const

/** Where the money of a bounty or a submission is: a bar, and the same in figures. */
export function MoneyBar({ money, play, lockedUntil, fiat = true }: { money: Money; play: boolean; lockedUntil?: number | null; fiat?: boolean }) {
  const total = PARTS.reduce((sum, { key }) => sum + money[key], 0)
  const words = PARTS.filter(({ key }) => money[key] > 0).map(({ key, name }) => `${name} ${satText(money[key], play)}`).join(', ')
  return (
    <div className="money">
      <div className="money-bar" role="img" aria-label={words || 'No money has moved'}>
        {PARTS.map(({ key, look }) => money[key] > 0 && <i key={key} className={`money-${look}`} style={{ flexGrow: money[key] / total }} />)}
      </div>
      <dl className="money-figures">
        {PARTS.map(({ key, name, look }) => (
          <div key={key} data-empty={money[key] === 0 || undefined}>
            <dt><i className={`swatch money-${look}`} aria-hidden="true" />{name}</dt>
            <dd><Sats msat={money[key]} play={play} fiat={fiat} /></dd>
          </div>
        ))}
      </dl>
      {money.lockedMsat > 0 && (
        <p className="note money-locked-until">
          {lockedUntil ? `Locked until ${dateText(lockedUntil)} at the latest, refundable: then it returns by itself.` : 'Locked, refundable: it returns by itself when the lock ends.'}
        </p>
      )}
    </div>
  )
}
