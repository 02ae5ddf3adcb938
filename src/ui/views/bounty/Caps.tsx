import { useState } from 'react'
import type { SpendingCaps } from '../../../wallet/types'
import { useDesk, usePersona } from '../../state/bountyContext'
import { satText, unitOf } from '../../state/bountyMoney'
import { Icon } from '../Icon'
import { NumberField } from '../NumberField'

const FIELDS = [
  { key: 'perPaymentMsat', label: 'A payment, sat' },
  { key: 'perDayMsat', label: 'A day, sat' },
  { key: 'totalMsat', label: 'In all, sat' },
] as const satisfies { key: keyof SpendingCaps; label: string }[]

/** The most that may leave the wallet: kept by this page, whatever the wallet itself allows. */
export function Caps({ caps, play }: { caps: SpendingCaps; play: boolean }) {
  const desk = useDesk()
  const persona = usePersona()
  const [draft, setDraft] = useState<SpendingCaps | null>(null)
  const value = draft ?? caps
  const set = FIELDS.filter(({ key }) => caps[key] !== null)
  const save = async () => {
    if (draft && (await desk.attempt('caps', () => desk.api.setCaps(persona, draft)))) setDraft(null)
  }
  return (
    <details className="advanced">
      <summary><Icon name="right" size={14} />Spending caps: {set.length === 0 ? 'none' : set.map(({ key, label }) => `${label.replace(', sat', '').toLowerCase()} ${satText(caps[key]!, play)}`).join(', ')}</summary>
      <div className="three-fields">
        {FIELDS.map(({ key, label }) => (
          <NumberField key={key} label={label.replace('sat', unitOf(play))} value={value[key] === null ? null : value[key] / 1000}
            onChange={(sat) => setDraft({ ...value, [key]: sat === null ? null : sat * 1000 })} />
        ))}
      </div>
      <p className="button-row">
        <button type="button" className="button button-plain" aria-disabled={draft === null} onClick={() => void save()}>Keep these caps</button>
        <span className="note">Locked money counts as spent until it is back. Above a cap nothing is asked and nothing is sent.</span>
      </p>
    </details>
  )
}
