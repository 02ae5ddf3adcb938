import { useState } from 'react'
import { useDesk, useDeskState } from '../../state/bountyContext'
import { readRate } from '../../state/bountyMoney'
import { Icon } from '../Icon'

/** What a bitcoin costs, in the reader's own word: the page asks no server. */
export function FiatRateField() {
  const desk = useDesk()
  const rate = useDeskState((state) => state.rate)
  const [price, setPrice] = useState(rate ? String(rate.perBitcoin) : '')
  const [currency, setCurrency] = useState(rate?.currency ?? 'EUR')
  const change = (nextPrice: string, nextCurrency: string) => {
    setPrice(nextPrice)
    setCurrency(nextCurrency)
    desk.setRate(readRate({ currency: nextCurrency, perBitcoin: Number(nextPrice) }))
  }
  return (
    <details className="advanced">
      <summary><Icon name="right" size={14} />Show amounts in money, too{rate && `: 1 bitcoin is ${rate.perBitcoin.toLocaleString('en-US')} ${rate.currency}`}</summary>
      <div className="field-row fiat">
        <label className="field">
          <span className="field-label">One bitcoin costs</span>
          <input type="text" inputMode="decimal" autoComplete="off" placeholder="not shown" value={price} onChange={(event) => change(event.target.value.replace(/[^\d.]/g, ''), currency)} />
        </label>
        <label className="field">
          <span className="field-label">Currency</span>
          <input type="text" autoComplete="off" maxLength={5} value={currency} onChange={(event) => change(price, event.target.value.replace(/\P{L}/gu, '').toUpperCase())} />
        </label>
      </div>
      <p className="note">As you type it: the page asks nobody. Play money has no price.</p>
    </details>
  )
}
