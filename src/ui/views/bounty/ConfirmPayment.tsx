import { useEffect, useRef, useState } from 'react'
import { WALLET_NAMES } from '../../../worker/bountyProtocol'
import type { Persona } from '../../../worker/bountyProtocol'
import type { PaymentRow } from '../../../wallet/types'
import { useDesk, useDeskState, useNameOf } from '../../state/bountyContext'
import { askedTogether } from '../../state/bountyAsked'
import { isPlay } from '../../state/bountyDesk'
import { satText } from '../../state/bountyMoney'
import { tameLine } from '../../state/bountyText'
import { dateText, PERSONA_NAMES } from '../../state/bountyWords'
import { plural } from '../../state/format'
import { Icon } from '../Icon'
import { Sats } from './Sats'

/** Slices come one after the other: they are waited for, so that they are one question. */
const SETTLED_MS = 300

/** Payments that wait for a word, one group at a time: nothing leaves a wallet without a Yes here. */
export function ConfirmPayment() {
  const asked = useDeskState((state) => state.asked)
  const [settled, setSettled] = useState<typeof asked>([])
  const [later, setLater] = useState<readonly string[]>([])
  useEffect(() => {
    const timer = setTimeout(() => setSettled(asked), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [asked])
  const open = settled.filter(({ row }) => asked.some((other) => other.row.key === row.key))
  const groups = askedTogether(open)
  const group = groups.find(({ rows }) => rows.some(({ key }) => !later.includes(key)))
  return (
    <>
      {open.length > 0 && !group && (
        <p className="callout asked-later" role="status">
          {plural(open.length, 'payment')} {open.length === 1 ? 'waits' : 'wait'} for your word.
          <button type="button" className="button button-primary" onClick={() => setLater([])}>Look at {open.length === 1 ? 'it' : 'them'}</button>
        </p>
      )}
      {/* what is agreed to is what is shown: another payment makes another dialog */}
      {group && <Question key={group.rows.map(({ key }) => key).join()} {...group} onLater={() => setLater([...later, ...group.rows.map(({ key }) => key)])} />}
    </>
  )
}

function Question({ persona, rows, onLater }: { persona: Persona; rows: readonly PaymentRow[]; onLater: () => void }) {
  const desk = useDesk()
  const nameOf = useNameOf(persona)
  const dialog = useRef<HTMLDialogElement>(null)
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    element?.showModal()
    title.current?.focus()
    return () => {
      element?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  const [first] = rows
  const play = rows.every(isPlay)
  const totalMsat = rows.reduce((sum, { amountMsat }) => sum + amountMsat, 0)
  const until = Math.max(...rows.map(({ lockedUntil }) => lockedUntil?.at ?? 0))
  const answer = (yes: boolean) => void desk.answer(rows.map(({ key }) => key), yes)
  const total = satText(totalMsat, play)
  return (
    <dialog ref={dialog} className={play ? 'confirm confirm-play' : 'confirm'} aria-labelledby="confirm-title" aria-describedby="confirm-facts"
      onCancel={(event) => {
        event.preventDefault()
        onLater()
      }}>
      {play && <p className="confirm-play-line"><b className="play-tag">Play money</b> This is worth nothing.</p>}
      <h2 id="confirm-title" ref={title} tabIndex={-1}>
        {persona === 'me' ? 'Pay' : `${PERSONA_NAMES[persona]}: pay`} {total}{rows.length > 1 && `, in ${rows.length} payments`}?
      </h2>
      <dl id="confirm-facts" className="record confirm-facts">
        <dt>Amount</dt><dd><Sats msat={totalMsat} play={play} fiat />{rows.length > 1 && <> ({rows.length} × {equal(rows) ? satText(first.amountMsat, play) : 'as listed below'})</>}</dd>
        <dt>To</dt><dd>{nameOf(first.toWhom)} <code className="whole-key">{tameLine(first.toWhom, 70)}</code></dd>
        <dt>Why</dt><dd>{tameLine(whyOf(rows), 300)}</dd>
        {until > 0 && <><dt>May be locked</dt><dd>until {dateText(until)} at the latest; what is not released by then comes back by itself</dd></>}
        <dt>From</dt><dd>{WALLET_NAMES[first.wallet]}</dd>
      </dl>
      {rows.length > 1 && (
        <details className="advanced">
          <summary><Icon name="right" size={14} />Every payment</summary>
          <ol className="confirm-list">{rows.map((row) => <li key={row.key}><Sats msat={row.amountMsat} play={isPlay(row)} />, {tameLine(row.why, 160)}</li>)}</ol>
        </details>
      )}
      <div className="confirm-buttons">
        <button type="button" className="button button-quiet confirm-later" onClick={onLater}>Not now</button>
        <button type="button" className="button button-plain" onClick={() => answer(false)}>No, do not pay</button>
        <button type="button" className={play ? 'button button-play' : 'button button-primary'} onClick={() => answer(true)}>Yes, pay {total}</button>
      </div>
    </dialog>
  )
}

function equal(rows: readonly PaymentRow[]): boolean {
  return rows.every(({ amountMsat }) => amountMsat === rows[0].amountMsat)
}

/** What several have in common: slices of one submission differ in their number only. */
function whyOf(rows: readonly PaymentRow[]): string {
  return rows.length === 1 ? rows[0].why : rows[0].why.replace(/Slice \d+ of (\d+)/, '$1 slices')
}
