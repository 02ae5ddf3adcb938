import { usePerson } from '../../state/bountyContext'
import { ConnectWallet } from './ConnectWallet'
import { Ledger } from './Ledger'
import { WalletPanel } from './WalletPanel'

/** The wallet of whoever acts, and every payment that it was asked for. */
export function WalletPage() {
  const { wallet } = usePerson()
  return (
    <div className="wallet-page">
      {wallet === null ? <p className="note" role="status">Asking the wallet…</p>
        : wallet.info ? <WalletPanel wallet={wallet} info={wallet.info} /> : <ConnectWallet error={wallet.error} />}
      <Ledger />
    </div>
  )
}
