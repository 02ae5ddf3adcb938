import { usePerson } from '../../state/bountyContext'
import { isInTheAir } from '../../state/bountyWords'
import { plural } from '../../state/format'
import { ConnectWallet } from './ConnectWallet'
import { Ledger } from './Ledger'
import { WalletPanel } from './WalletPanel'

/** The wallet of whoever acts, and every payment that it was asked for. */
export function WalletPage() {
  const { wallet, payments } = usePerson()
  const open = payments?.filter(isInTheAir).length ?? 0
  return (
    <div className="wallet-page">
      {wallet?.info === null && open > 0 && (
        <p className="callout" role="status"><span>{plural(open, 'payment')} {open === 1 ? 'is' : 'are'} under way. Connect the same wallet to learn what became of {open === 1 ? 'it' : 'them'}; nothing is sent twice.</span></p>
      )}
      {wallet === null ? <p className="note" role="status">Asking the wallet…</p>
        : wallet.info ? <WalletPanel wallet={wallet} info={wallet.info} /> : <ConnectWallet error={wallet.error} />}
      <Ledger />
    </div>
  )
}
