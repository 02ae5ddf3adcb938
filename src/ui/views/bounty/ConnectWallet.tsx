import { useState } from 'react'
import type { LabErrorJson } from '../../../core/errors'
import type { WalletChoice } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, usePersona } from '../../state/bountyContext'
import { Choice } from '../Choice'
import { ConnectNwc } from './ConnectNwc'
import { ConnectPractice } from './ConnectPractice'

const KINDS = [
  { value: 'webln', label: 'Browser extension' },
  { value: 'nwc', label: 'Connection string' },
  { value: 'practice', label: 'Practice' },
] as const

const ABOUT: Record<WalletChoice['kind'], string> = {
  webln: 'Alby and others. The extension asks for itself before each payment, too. Extensions cannot receive locked payments.',
  nwc: 'Nostr Wallet Connect: your wallet gives you a secret string with a budget of its own. Make one for this page alone, with a small budget.',
  practice: 'Real Lightning nodes on a private chain in this browser. Play money, worth nothing: made for learning and for classes.',
}

/** The ways to a wallet. Nothing is needed to read the board, to hunt free bounties, or to verify. */
export function ConnectWallet({ error }: { error: LabErrorJson | null }) {
  const desk = useDesk()
  const persona = usePersona()
  const busy = useDeskState((state) => state.busy)
  const [kind, setKind] = useState<WalletChoice['kind']>(persona === 'me' ? 'webln' : 'practice')
  const connect = (choice: WalletChoice) => desk.attempt('connect', () => desk.api.connectWallet(persona, choice))
  return (
    <section className="card connect" aria-labelledby="connect-title">
      <div className="card-head"><h2 id="connect-title">Connect a wallet</h2></div>
      <p className="note">Only to offer money or to earn some. Reading, hunting on trust and verifying need none.</p>
      {persona === 'me' && <Choice name="wallet" legend="Which" options={KINDS} value={kind} onChange={setKind} note={ABOUT[kind]} />}
      {kind === 'webln' && <button type="button" className="button button-primary" aria-disabled={busy !== null} onClick={() => {
        if (busy === null) void connect({ kind: 'webln' })
      }}>{busy === 'connect' ? 'Asking the extension…' : 'Connect the extension'}</button>}
      {kind === 'nwc' && <ConnectNwc busy={busy !== null} onConnect={connect} />}
      {kind === 'practice' && <ConnectPractice busy={busy !== null} onConnect={connect} />}
      {error && <p className="problem" role="alert"><b>{error.message}</b> {error.hint}</p>}
    </section>
  )
}
