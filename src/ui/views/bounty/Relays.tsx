import { useEffect, useEffectEvent, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { Self } from '../../../worker/bountyProtocol'
import { useDesk, usePersona } from '../../state/bountyContext'
import { forgetRelay, isRelayAddress, keepRelay, keptRelay } from '../../state/bountyRelay'
import { tameLine } from '../../state/bountyText'
import { useSession } from '../../state/context'
import { plural } from '../../state/format'
import { missingOrigins, reach } from '../../state/reach'
import { noticeOf } from '../../state/store'
import { Icon } from '../Icon'

const STATES = { open: 'connected', connecting: 'connecting…', waiting: 'out of reach, tried again soon' }

/** One line on where the board comes from, and that it can be read without it. */
export function RelayLine({ self }: { self: Self | null }) {
  const persona = usePersona()
  if (!self || persona !== 'me') return null
  const open = self.relays.filter(({ state }) => state === 'open').length
  const text = self.relays.length === 0 ? 'No relay is chosen: what you see is what this browser has. Choose one below, or take a file.'
    : open === 0 ? 'No relay answers. You can read what this browser has; what you send is kept and goes out later.'
    : `From ${plural(open, 'relay')}${open < self.relays.length ? ` of ${self.relays.length}` : ''}.` // prettier-ignore
  return <p className="relay-line" role="status"><Icon name={open > 0 ? 'check' : 'info'} size={14} />{text}</p>
}

/** The relays, each with how it is doing, and a way to change them. */
export function Relays({ self }: { self: Self | null }) {
  const desk = useDesk()
  const session = useSession()
  const persona = usePersona()
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState('')
  const relays = self?.relays ?? []
  const urls = relays.map(({ url }) => url)
  const missing = missingOrigins(urls)

  const save = (next: string[]) => desk.attempt('relays', () => desk.api.setRelays(persona, next))
  const allow = (addresses: string[]): boolean => {
    try {
      return reach(session.store, addresses.map((address) => ({ address, why: 'read and post bounties' })))
    } catch (thrown) {
      session.store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) })
      return false
    }
  }
  const add = async (url: string) => {
    if (!isRelayAddress(url)) return setProblem('A relay’s address begins with wss://, or with ws:// on this machine.')
    setProblem('')
    // a connection that the policy forbids is not even tried
    keepRelay(url)
    if (!allow([url])) return
    forgetRelay()
    if (await save([...urls, url])) setTyped('')
  }
  const isRead = self !== null
  const addKept = useEffectEvent(() => {
    const kept = keptRelay()
    // a page that is on its way out leaves it to the next one, which may reach it
    if (kept === null || missingOrigins([kept]).length > 0) return
    forgetRelay()
    void save([...urls.filter((url) => url !== kept), kept])
  })
  useEffect(() => {
    if (isRead) addKept()
  }, [isRead])
  return (
    <details className="advanced card" open={missing.length > 0 || undefined}>
      <summary><Icon name="right" size={14} />Relays</summary>
      <p className="note">A relay passes signed messages on. It sees what is public, and that two keys write to each other; it cannot change anything. Use several: any one of them may fail.</p>
      {relays.length > 0 && (
        <ul className="relay-list" aria-label="Relays">
          {relays.map(({ url, state, said }) => (
            <li key={url}>
              <span><b>{tameLine(url, 120)}</b> <small>{STATES[state]}{said && `: ${tameLine(said, 160)}`}</small></span>
              <button type="button" className="button button-quiet" aria-label={`Remove ${url}`} onClick={() => void save(urls.filter((other) => other !== url))}>Remove</button>
            </li>
          ))}
        </ul>
      )}
      {missing.length > 0 && (
        <p className="callout">
          This page may not reach {missing.join(' and ')} yet.
          <button type="button" className="button button-plain" onClick={() => allow(urls)}>Allow it and reload the page</button>
        </p>
      )}
      <form className="key-row" onSubmit={(event) => {
        event.preventDefault()
        void add(typed.trim())
      }}>
        <label className="field">
          <span className="field-label">Address of a relay</span>
          <input type="text" inputMode="url" autoComplete="off" spellCheck={false} placeholder="wss://" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </label>
        <button type="submit" className="button button-plain">Add</button>
      </form>
      <p className="problem" role="status">{problem}</p>
      <p className="note">The page reaches only addresses that you allow, so adding one reloads it. Everything stays.</p>
    </details>
  )
}
