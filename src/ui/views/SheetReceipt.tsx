import { useState } from 'react'
import type { Experiment } from '../../history/types'
import { useSession } from '../state/context'
import { shortHash, useReceipt } from '../state/receipts'
import { Icon } from './Icon'
import { Replay } from './Replay'
import { saveFile } from './saveFile'

/** The attempt's receipt: what it is called, how to take it away, and how to check it. */
export function SheetReceipt({ labId, row }: { labId: string; row: Experiment }) {
  const session = useSession()
  const receipt = useReceipt(labId, row.number)
  const [said, setSaid] = useState('')
  if (receipt === undefined || row.status === 'running' || row.status === 'thought') return null
  const file = () => session.client.api.receipt(row.number)
  const copy = () => session.attempt('copy', async () => {
    await navigator.clipboard.writeText(receipt?.fingerprint ?? '')
    setSaid('Fingerprint copied.')
  })
  const download = () => session.attempt('receipt', async () => {
    saveFile(`receipt-${row.number}-${receipt?.fingerprint.slice(0, 8)}.json`, await file(), 'application/json')
    setSaid('Receipt saved.')
  })
  return (
    <section aria-labelledby="receipt-title">
      <h3 id="receipt-title">Receipt</h3>
      {receipt === null ? <p className="note">None: it was recorded before receipts, or by a browser that cannot sign.</p> : (
        <>
          <dl className="record">
            <dt>Fingerprint</dt><dd><code title={receipt.fingerprint}>{shortHash(receipt.fingerprint)}</code></dd>
            <dt>Signed by</dt><dd><code title={receipt.receipt.publicKey}>{shortHash(receipt.receipt.publicKey)}</code> (this browser)</dd>
            <dt>App</dt><dd><code title={receipt.receipt.issued.app}>{shortHash(receipt.receipt.issued.app)}</code></dd>
            {receipt.receipt.issued.after === 'recovery' && <><dt>Note</dt><dd>signed after a cut, from what was recorded</dd></>}
          </dl>
          <div className="button-row">
            <button type="button" className="button button-plain" onClick={() => void copy()}><Icon name="link" />Copy fingerprint</button>
            <button type="button" className="button button-plain" onClick={() => void download()}><Icon name="download" />Download</button>
            <span role="status" className="said">{said}</span>
          </div>
          {receipt.receipt.runs.length > 0 && <Replay key={receipt.fingerprint} fingerprint={receipt.fingerprint} file={file} />}
        </>
      )}
    </section>
  )
}
