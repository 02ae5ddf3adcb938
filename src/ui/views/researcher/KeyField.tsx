import { useRef, useState } from 'react'
import type { RefObject } from 'react'
import { LabError } from '../../../core/errors'
import type { Provider } from '../../../research/models/types'
import type { ProviderState } from '../../../worker/researchProtocol'
import { useSession } from '../../state/context'
import { plainAddress } from '../../state/researchers'
import { Field } from '../Field'
import { Icon } from '../Icon'

const HELD: Partial<Record<ProviderState['key'], string>> = {
  'in memory': 'Its key is held in the memory of this tab and gone when the tab is closed.',
  stored: 'Its key is kept in this browser under your passphrase, and unlocked.',
}

/** Takes a key and hands it to the lab. It is never shown again, nor held here, nor written anywhere unencrypted. */
export function KeyField({ provider, address, state, onChanged }: {
  provider: Provider
  /** the one server that it may go to, where the person named it */
  address: string | undefined
  state: ProviderState['key']
  onChanged: () => Promise<void>
}) {
  const { api } = useSession().client
  const [problem, setProblem] = useState<LabError | null>(null)
  const [busy, setBusy] = useState(false)
  const run = async (work: () => Promise<void>) => {
    setBusy(true)
    setProblem(null)
    try {
      await work()
    } catch (thrown) {
      setProblem(LabError.from(thrown))
    }
    await onChanged()
    setBusy(false)
  }
  const forget = (
    <button type="button" className="button button-quiet" aria-disabled={busy} onClick={() => void run(() => api.forgetKey(provider))}>Forget it</button>
  )
  return (
    <div className="key-field" role="group" aria-label="Key">
      {HELD[state] && <p className="key-held"><Icon name="check" size={14} /><span>{HELD[state]}</span>{forget}</p>}
      {state === 'locked' && (
        <>
          <Secret label="Passphrase" note="A key is kept in this browser under your passphrase." button={busy ? 'Unlocking…' : 'Unlock'} onGive={(passphrase) => run(() => api.unlockKeys(passphrase))} />
          {forget}
        </>
      )}
      {(state === 'missing' || state === 'none needed') && (
        <NewKey label={state === 'missing' ? 'Key' : 'Key, if the server asks for one'} busy={busy}
          onGive={(key, passphrase) => run(() => api.setKey(provider, key, passphrase, plainAddress(address ?? '') ?? undefined))} />
      )}
      <div aria-live="polite">{problem && <p className="problem"><b>{problem.message}</b> {problem.hint}</p>}</div>
    </div>
  )
}

function NewKey({ label, busy, onGive }: { label: string; busy: boolean; onGive: (key: string, passphrase: string | null) => Promise<void> }) {
  const [keep, setKeep] = useState(false)
  const passphrase = useRef<HTMLInputElement>(null)
  return (
    <>
      <Secret label={label} button={busy ? 'Taking it…' : 'Use this key'} onGive={(key) => onGive(key, keep ? passphrase.current?.value ?? '' : null)}>
        <label className="tickbox">
          <input type="checkbox" checked={keep} onChange={() => setKeep(!keep)} />
          Keep it in this browser under a passphrase
        </label>
        {keep && (
          <Field label="Passphrase" note="Several words are easier to keep than signs. It cannot be recovered.">
            {(describedBy) => <input ref={passphrase} type="password" autoComplete="new-password" aria-describedby={describedBy} />}
          </Field>
        )}
      </Secret>
      <p className="note">
        {keep ? 'Encrypted before it is stored.' : 'Kept in the memory of this tab only.'} It goes to its provider and nowhere else: never into git,
        exports, addresses or prompts.
      </p>
    </>
  )
}

/** A field whose text is read when it is given, and gone with the field: no state of the page ever holds it. */
function Secret({ label, note, button, onGive, children }: {
  label: string
  note?: string
  button: string
  onGive: (secret: string) => Promise<void>
  children?: React.ReactNode
}) {
  const field = useRef<HTMLInputElement>(null)
  const give = async () => {
    const secret = read(field)
    if (secret === '') return field.current?.focus()
    await onGive(secret)
  }
  return (
    <>
      <div className="key-row">
        <label className="field">
          <span className="field-label">{label}</span>
          <input ref={field} type="password" autoComplete="off" spellCheck={false} onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            void give()
          }} />
        </label>
        <button type="button" className="button button-plain" onClick={() => void give()}>{button}</button>
      </div>
      {note && <p className="note">{note}</p>}
      {children}
    </>
  )
}

function read(field: RefObject<HTMLInputElement | null>): string {
  return field.current?.value.trim() ?? ''
}
