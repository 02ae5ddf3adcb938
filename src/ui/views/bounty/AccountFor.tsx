import { useEffect, useRef, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { PaymentRow, PersonsWord } from '../../../wallet/types'
import { isClaimed } from '../../../worker/bountyFacts'
import { useDesk, useNameOf, usePersona } from '../../state/bountyContext'
import { isPlay } from '../../state/bountyDesk'
import { satText } from '../../state/bountyMoney'
import { tameLine } from '../../state/bountyText'
import { Copy } from './Copy'

/** A payment that its wallet does not account for: the person looks there, and says what became of it. */
export function AccountFor({ row }: { row: PaymentRow }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type="button" className="chip-button" aria-label={`Say what became of it: ${tameLine(row.why, 80)}`} onClick={() => setOpen(true)}>Say what became of it</button>
      {isOpen && <Question row={row} onClose={() => setOpen(false)} />}
    </>
  )
}

function Question({ row, onClose }: { row: PaymentRow; onClose: () => void }) {
  const desk = useDesk()
  const persona = usePersona()
  const nameOf = useNameOf()
  const dialog = useRef<HTMLDialogElement>(null)
  const warning = useRef<HTMLParagraphElement>(null)
  const [preimage, setPreimage] = useState('')
  const [warned, setWarned] = useState(false)
  const [problem, setProblem] = useState<LabError | null>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close() // the focus goes back by itself
  }, [])
  // read before it is agreed to: on a phone it would begin below the edge
  useEffect(() => {
    if (warned) warning.current?.focus()
  }, [warned])
  const say = async (word: PersonsWord) => {
    setProblem(null)
    try {
      await desk.api.accountForPayment(persona, row.key, word)
      await desk.refresh(persona)
      onClose()
    } catch (thrown) {
      setProblem(LabError.from(thrown)) // shown here: the page behind is out of reach
    }
  }
  return (
    <dialog ref={dialog} className="confirm" aria-labelledby="account-title" onCancel={(event) => {
      event.preventDefault()
      onClose()
    }}>
      <h2 id="account-title">What became of {satText(row.amountMsat, isPlay(row))}?</h2>
      <p className="note">{isClaimed(row.state) ? 'You said that it came back or never left. A proof that it was paid counts for more.' : 'The wallet has not said. Look for this payment in the wallet itself. Whatever you say, it is never sent again.'}</p>
      <dl className="record confirm-facts">
        <dt>To</dt><dd>{nameOf(row.toWhom)}</dd>
        <dt>Why</dt><dd>{tameLine(row.why, 300)}</dd>
        <dt>Payment hash</dt><dd><code className="whole-key">{row.paymentHash}</code> <Copy text={row.paymentHash} label="Copy the payment hash" /></dd>
      </dl>
      <form className="account-proof" onSubmit={(event) => {
        event.preventDefault()
        void say({ preimage })
      }}>
        <label className="field">
          <span className="field-label">It was paid: its proof (preimage)</span>
          <input type="text" autoComplete="off" spellCheck={false} placeholder="64 hex digits" value={preimage} onChange={(event) => setPreimage(event.target.value)} />
        </label>
        <button type="submit" className="button button-plain">Check the proof</button>
      </form>
      {problem && <p className="problem" role="alert"><b>{problem.message}</b> {problem.hint}</p>}
      {warned && (
        <p className="callout" ref={warning} tabIndex={-1}>
          Say so only if the wallet shows that it failed, or knows nothing of it and its invoice has expired. The money counts as free then: caps let it be spent, and the pool can be locked for somebody else. If it is locked or paid after all, you may pay more than you meant to. The ledger keeps that you said it; a proof that comes later counts for more.
        </p>
      )}
      <div className="confirm-buttons">
        <button type="button" className="button button-quiet confirm-later" onClick={onClose}>Not now</button>
        {!isClaimed(row.state) && (warned
          ? <button key="sure" type="button" className="button button-plain" onClick={() => void say('cameBack')}>Yes, it came back or never left</button>
          : <button key="unsure" type="button" className="button button-plain" onClick={() => setWarned(true)}>It came back, or never left…</button>)}
      </div>
    </dialog>
  )
}
