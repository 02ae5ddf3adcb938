import { useDeskState } from '../../state/bountyContext'
import { fiatText, satDigits, unitOf } from '../../state/bountyMoney'

/** An amount. Play money is marked in colour and in words, wherever it stands; real money may carry its price. */
export function Sats({ msat, play, fiat = false }: { msat: number; play: boolean; fiat?: boolean }) {
  const rate = useDeskState((state) => state.rate)
  const worth = fiat && !play ? fiatText(msat, rate) : null
  return (
    <span className={play ? 'sats sats-play' : 'sats'}>
      <span className="num">{satDigits(msat)}</span> {unitOf(play)}
      {worth && <small> {worth}</small>}
    </span>
  )
}
