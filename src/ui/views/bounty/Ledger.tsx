import { useState } from 'react'
import { isClaimed, isUnaccounted } from '../../../worker/bountyFacts'
import { useDesk, useDeskState, useNameOf, usePerson, usePersona } from '../../state/bountyContext'
import { shortKey, tameLine } from '../../state/bountyText'
import { dateText, isInTheAir, paymentText } from '../../state/bountyWords'
import { saveFile } from '../saveFile'
import { AccountFor } from './AccountFor'
import { Copy } from './Copy'
import { FiatRateField } from './FiatRate'
import { Sats } from './Sats'

const MOST_SHOWN = 50

/** Every payment that was asked for, whatever became of it. */
export function Ledger() {
  const desk = useDesk()
  const persona = usePersona()
  const nameOf = useNameOf()
  const { payments } = usePerson()
  const busy = useDeskState((state) => state.busy)
  const [most, setMost] = useState(MOST_SHOWN)
  const rows = [...payments ?? []].sort((a, b) => b.createdAt - a.createdAt || (a.key < b.key ? 1 : -1))
  const save = () => desk.attempt('ledger', async () => saveFile(`assay-ledger-${persona}.csv`, await desk.api.ledgerCsv(persona), 'text/csv'))
  return (
    <section className="card ledger" aria-labelledby="ledger-title">
      <div className="card-head">
        <h2 id="ledger-title">Ledger</h2>
        <div className="card-tools">
          <button type="button" className="button button-plain" aria-disabled={rows.length === 0 || busy !== null} onClick={() => {
            if (rows.length > 0 && busy === null) void save()
          }}>Export as CSV</button>
        </div>
      </div>
      {rows.length === 0 ? <p className="note">No payment has been asked for.</p> : (
        <div className="table-scroll ledger-scroll" tabIndex={0} role="region" aria-label="Payments">
          <table>
            <thead><tr><th scope="col">When</th><th scope="col" className="num">Amount</th><th scope="col">What became of it</th><th scope="col">To whom, why</th><th scope="col" className="num">Fee</th></tr></thead>
            <tbody>
              {rows.slice(0, most).map((row) => (
                <tr key={`${row.direction}/${row.key}`}>
                  <td>{dateText(row.createdAt)}</td>
                  <td className="num">{row.direction === 'out' ? 'out ' : 'in '}<Sats msat={row.amountMsat} play={row.isPlayMoney} fiat /></td>
                  <td>
                    {paymentText(row)}
                    {isInTheAir(row) && row.lockedUntil && <small className="note"> until {dateText(row.lockedUntil.at)} at the latest, refundable</small>}
                    {row.preimage !== null && (row.state.state === 'paid' || row.state.state === 'settled') && (
                      <small className="note"> proof <code title={row.preimage}>{shortKey(row.preimage)}</code> <Copy text={row.preimage} label={`Copy the proof of ${tameLine(row.why, 80)}`} /></small>
                    )}
                    {row.state.state === 'failed' && <small className="note"> {tameLine(row.state.reason, 120)}</small>}
                    {(isUnaccounted(row) || isClaimed(row.state)) && <> <AccountFor row={row} /></>}
                  </td>
                  <td>{row.direction === 'out' && `${nameOf(row.toWhom)}: `}{tameLine(row.why, 160)}</td>
                  <td className="num">{row.feeMsat > 0 ? <Sats msat={row.feeMsat} play={row.isPlayMoney} /> : '0'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > most && <button type="button" className="button button-plain" onClick={() => setMost(most + MOST_SHOWN)}>Show older ones</button>}
      <FiatRateField />
    </section>
  )
}
