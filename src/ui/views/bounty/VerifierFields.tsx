import { useState } from 'react'
import type { BountyDraft } from '../../../worker/bountyProtocol'
import { useDeskState, useNameOf } from '../../state/bountyContext'
import { Icon } from '../Icon'

/** Whose measurements count. Nobody named: the sponsor's own. */
export function VerifierFields({ draft, onChange }: { draft: BountyDraft; onChange: (part: Partial<BountyDraft>) => void }) {
  const nameOf = useNameOf()
  const practice = useDeskState((state) => state.practice)
  const played = useDeskState((state) => state.people.verifier.self?.publicKey ?? null)
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState('')
  const verifiers = draft.verifiers ?? []
  const named = 'labId' in draft.about ? [] : draft.about.verifiers.filter((key) => !verifiers.includes(key))
  const add = (text: string) => {
    const key = text.trim().toLowerCase()
    if (!/^[0-9a-f]{64}$/.test(key)) return setProblem('A public key has 64 digits from 0 to f. Its owner finds it at the top of this page.')
    if (verifiers.includes(key)) return setProblem('This key is named already.')
    setProblem('')
    setTyped('')
    onChange({ verifiers: [...verifiers, key] })
  }
  return (
    <div className="field" role="group" aria-labelledby="verifiers-title">
      <span id="verifiers-title" className="field-label">Verifiers</span>
      {draft.verifiers === null && (
        <p className="button-row">
          <button type="button" className="button button-plain" onClick={() => onChange({ verifiers: [] })}>I judge it myself</button>
          <span className="note">Or name who does.</span>
        </p>
      )}
      {draft.verifiers !== null && verifiers.length === 0 && <p className="trusted-note"><Icon name="warn" size={14} />Nobody is named, so you judge yourself. Everybody is told “Trusted sponsor”, and many will stay away.</p>}
      {verifiers.length + named.length > 0 && (
        <ul className="reach-list">
          {verifiers.map((key) => (
            <li key={key}>
              <span><b>{nameOf(key)}</b> <code className="whole-key">{key}</code></span>
              <button type="button" className="button button-quiet" aria-label={`Remove ${nameOf(key)}`} onClick={() => onChange({ verifiers: verifiers.filter((other) => other !== key) })}>Remove</button>
            </li>
          ))}
          {named.map((key) => (
            <li key={key}>
              <span>In the file: <b>{nameOf(key)}</b> <code className="whole-key">{key}</code></span>
              <button type="button" className="button button-quiet" aria-label={`Choose ${nameOf(key)}`} onClick={() => add(key)}>Choose</button>
            </li>
          ))}
        </ul>
      )}
      {practice && played && !verifiers.includes(played) && (
        <button type="button" className="button button-play" onClick={() => add(played)}><Icon name="plus" size={14} />The verifier of this tab</button>
      )}
      <div className="key-row">
        <label className="field">
          <span className="field-label">Public key of a verifier</span>
          <input type="text" autoComplete="off" spellCheck={false} maxLength={100} value={typed} onChange={(event) => setTyped(event.target.value)} onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add(typed)
          }} />
        </label>
        <button type="button" className="button button-plain" onClick={() => add(typed)}>Add</button>
      </div>
      <p className="problem" role="status">{problem}</p>
      <p className="note">Each owns its share of the slices, and the median of their scores counts: several make it harder to cheat.</p>
    </div>
  )
}
