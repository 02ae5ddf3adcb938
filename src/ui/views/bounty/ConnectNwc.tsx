import { useRef, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { WalletChoice } from '../../../worker/bountyProtocol'
import { useSession } from '../../state/context'
import { missingOrigins, reach } from '../../state/reach'
import { noticeOf } from '../../state/store'
import { Field } from '../Field'

/** A wallet by its secret string. The string is read when it is given: no state of the page ever holds it. */
export function ConnectNwc({ busy, onConnect }: { busy: boolean; onConnect: (choice: WalletChoice) => Promise<boolean> }) {
  const session = useSession()
  const uri = useRef<HTMLInputElement>(null)
  const passphrase = useRef<HTMLInputElement>(null)
  const [keep, setKeep] = useState(false)
  const [sealed, setSealed] = useState(false)
  const [blocked, setBlocked] = useState<string[]>([])

  const connect = async () => {
    const secret = uri.current?.value.trim() ?? ''
    if (sealed) {
      const unlock = passphrase.current?.value ?? ''
      if (unlock !== '') await onConnect({ kind: 'nwc', unlock })
      return
    }
    if (secret === '') return uri.current?.focus()
    const relays = relaysOf(secret)
    if (missingOrigins(relays).length > 0) return setBlocked(relays)
    if (await onConnect({ kind: 'nwc', uri: secret, passphrase: keep ? passphrase.current?.value ?? '' : null }) && uri.current) uri.current.value = ''
  }
  const allow = () => {
    try {
      reach(session.store, blocked.map((address) => ({ address, why: 'talk to your wallet' })))
    } catch (thrown) {
      session.store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) })
    }
  }
  return (
    <form className="key-field" onSubmit={(event) => {
      event.preventDefault()
      if (!busy) void connect()
    }}>
      {!sealed && (
        <Field label="Connection string" note="Begins with nostr+walletconnect://. It is a key to your money: give it a small budget in your wallet.">
          {(describedBy) => <input ref={uri} type="password" autoComplete="off" spellCheck={false} aria-describedby={describedBy} onChange={() => setBlocked([])} />}
        </Field>
      )}
      {!sealed && (
        <label className="tickbox">
          <input type="checkbox" checked={keep} onChange={() => setKeep(!keep)} />
          Keep it in this browser under a passphrase
        </label>
      )}
      {(keep || sealed) && (
        <Field label="Passphrase" note={sealed ? 'Opens the string that this browser keeps.' : 'The string is encrypted before it is stored. The passphrase cannot be recovered.'}>
          {(describedBy) => <input ref={passphrase} type="password" autoComplete={sealed ? 'current-password' : 'new-password'} aria-describedby={describedBy} />}
        </Field>
      )}
      {blocked.length > 0 && (
        <p className="callout" role="status">
          Your wallet is reached through {missingOrigins(blocked).join(' and ')}, which this page may not reach yet. Allow it; the page
          reloads, and you paste the string again, for it is kept nowhere.
          <button type="button" className="button button-plain" onClick={allow}>Allow it and reload the page</button>
        </p>
      )}
      <p className="button-row">
        <button type="submit" className="button button-primary" aria-disabled={busy}>{busy ? 'Connecting…' : sealed ? 'Unlock and connect' : 'Connect'}</button>
        <button type="button" className="button button-quiet" onClick={() => setSealed(!sealed)}>{sealed ? 'Paste a string instead' : 'I have one kept here'}</button>
      </p>
    </form>
  )
}

/** The relays that a connection string names. */
function relaysOf(uri: string): string[] {
  return URL.canParse(uri) ? new URL(uri).searchParams.getAll('relay').slice(0, 10) : []
}
