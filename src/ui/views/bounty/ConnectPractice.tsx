import { useState } from 'react'
import type { WalletChoice } from '../../../worker/bountyProtocol'
import { usePersona } from '../../state/bountyContext'
import { Choice } from '../Choice'
import { Field } from '../Field'

const ROLES = [
  { value: 'host', label: 'Make a network' },
  { value: 'join', label: 'Join one' },
] as const

const WAYS = [
  { value: 'tab', label: 'In this browser' },
  { value: 'relay', label: 'Through a relay' },
] as const

/** A private network of one's own, or somebody else's by its code. */
export function ConnectPractice({ busy, onConnect }: { busy: boolean; onConnect: (choice: WalletChoice) => Promise<boolean> }) {
  const persona = usePersona()
  const [role, setRole] = useState<'host' | 'join'>('host')
  const [through, setThrough] = useState<'tab' | 'relay'>('tab')
  const [code, setCode] = useState('')
  const ready = !busy && (role === 'host' || code.trim() !== '')
  return (
    <form className="key-field" onSubmit={(event) => {
      event.preventDefault()
      if (ready) void onConnect({ kind: 'practice', network: role === 'host' ? { role } : { role, code: code.trim(), through } })
    }}>
      {persona === 'me' && (
        <Choice name="practice-role" legend="The private network" options={ROLES} value={role} onChange={setRole}
          note={role === 'host' ? 'This tab mines its blocks and brings payments on. Keep it open while others play.' : 'Somebody made one and gave you its code.'} />
      )}
      {role === 'join' && (
        <>
          <Field label="Code of the network">
            {(describedBy) => <input type="text" autoComplete="off" spellCheck={false} maxLength={400} value={code} aria-describedby={describedBy} onChange={(event) => setCode(event.target.value)} />}
          </Field>
          <Choice name="practice-way" legend="Where it is" options={WAYS} value={through} onChange={setThrough}
            note={through === 'tab' ? 'In another tab of this browser.' : 'On another computer: both use the same relay, chosen under Board.'} />
        </>
      )}
      <button type="submit" className="button button-play" aria-disabled={!ready}>{busy ? 'Starting the nodes…' : role === 'host' ? 'Make it, with play money' : 'Join it, with play money'}</button>
    </form>
  )
}
