import type { WalletInfo } from '../../../wallet/types'
import { WALLET_NAMES } from '../../../worker/bountyProtocol'
import type { WalletView } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, usePersona } from '../../state/bountyContext'
import { tameLine } from '../../state/bountyText'
import { plural } from '../../state/format'
import { Icon } from '../Icon'
import { Caps } from './Caps'
import { Copy } from './Copy'
import { MineBlocks } from './MineBlocks'
import { Sats } from './Sats'

/** The wallet that is connected: what it has, what it can do, what it may spend. */
export function WalletPanel({ wallet, info }: { wallet: WalletView; info: WalletInfo }) {
  const desk = useDesk()
  const persona = usePersona()
  const busy = useDeskState((state) => state.busy)
  const play = info.isPlayMoney
  return (
    <section className={play ? 'card wallet wallet-play' : 'card wallet'} aria-labelledby="wallet-title">
      <div className="card-head">
        <h2 id="wallet-title">{tameLine(info.alias, 60) || WALLET_NAMES[info.kind]}</h2>
        {play ? <span className="play-tag">Play money</span> : <span className="label">{WALLET_NAMES[info.kind]}</span>}
        <div className="card-tools">
          <button type="button" className="button button-quiet" aria-disabled={busy !== null} onClick={() => {
            if (busy === null) void desk.attempt('disconnect', () => desk.api.disconnectWallet(persona))
          }}>Disconnect</button>
        </div>
      </div>
      <p className="balance">{info.balanceMsat === null ? <span className="note">This wallet does not say its balance.</span> : <Sats msat={info.balanceMsat} play={play} fiat />}</p>
      <ul className="abilities">
        <Ability can={info.canHold} yes="Can receive locked payments: you can hunt bounties whose money is locked." no="Cannot receive locked payments: as a hunter you can only take bounties that are paid on trust. Paying is not affected." />
        <Ability can={info.canLookUp} yes="Can say what became of a payment." no="Cannot say what became of a payment: one without an answer counts as locked until you look into the wallet yourself, and say in the ledger what became of it." />
        {info.network !== 'mainnet' && info.network !== 'unknown' && <li><Icon name="info" size={14} />Network: {info.network}.</li>}
        {info.budget && (
          <li>
            <Icon name="info" size={14} />
            <span>The wallet lets this page spend <Sats msat={info.budget.totalMsat} play={play} />{info.budget.renews && `, renewed ${tameLine(info.budget.renews, 30)}`}; <Sats msat={info.budget.usedMsat} play={play} /> of it is used.</span>
          </li>
        )}
      </ul>
      {wallet.error && <p className="problem" role="alert"><b>{wallet.error.message}</b> {wallet.error.hint}</p>}
      <Caps caps={wallet.caps} play={play} />
      {wallet.practice && (
        <div className="practice-network">
          <h3>Private network</h3>
          <p className="note">{wallet.practice.isHost ? 'Made in this tab' : 'Joined'}, block {wallet.practice.height}, {plural(wallet.practice.members.length, 'member')}: {wallet.practice.members.map((name) => tameLine(name, 80)).join(', ')}.</p>
          {wallet.practice.isHost && persona === 'me' && <p className="note">Others join with this code: <code>{tameLine(wallet.practice.code, 120)}</code> <Copy text={wallet.practice.code} label="Copy the code of this network" /></p>}
          <MineBlocks />
        </div>
      )}
    </section>
  )
}

function Ability({ can, yes, no }: { can: boolean; yes: string; no: string }) {
  return <li><Icon name={can ? 'check' : 'warn'} size={14} /><span>{can ? yes : no}</span></li>
}
