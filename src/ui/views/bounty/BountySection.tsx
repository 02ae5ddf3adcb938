import { useEffect, useState } from 'react'
import { DeskContext, useDesk, useDeskState, useIsPlay } from '../../state/bountyContext'
import { deskOf } from '../../state/bountyClient'
import type { Place } from '../../state/bountyPlace'
import { useSession } from '../../state/context'
import '../../styles/bounty.css'
import '../../styles/guide.css'
import { Board } from './Board'
import { BountyPage } from './BountyPage'
import { ConfirmPayment } from './ConfirmPayment'
import { GuideDock } from './GuideDock'
import { GuidePage } from './GuidePage'
import { Mine } from './Mine'
import { PersonaBar } from './PersonaBar'
import { PostPage } from './PostPage'
import { Problems } from './Problems'
import { useWatchfulness } from './Unattended'
import { WalletPage } from './WalletPage'

/** Real sats, or play money, for verified improvement: the board, one's own bounties, the wallet and the ledger. */
export default function BountySection() {
  const [desk] = useState(deskOf(useSession()))
  return (
    <DeskContext value={desk}>
      <Bounties />
    </DeskContext>
  )
}

const PAGES: readonly { page: Place['page']; label: string; View: () => React.ReactNode }[] = [
  { page: 'board', label: 'Board', View: Board },
  { page: 'mine', label: 'Mine', View: Mine },
  { page: 'post', label: 'Post a bounty', View: PostPage },
  { page: 'wallet', label: 'Wallet and ledger', View: WalletPage },
  { page: 'guide', label: 'In five minutes', View: GuidePage },
]

function Bounties() {
  const desk = useDesk()
  const { page, bounty, persona, step } = useDeskState((state) => state.place)
  const isPlay = useIsPlay()
  useWatchfulness()
  const running = useDeskState(({ people }) => people[persona].parts?.filter(({ isOver }) => !isOver).length ?? 0)
  useEffect(() => {
    window.scrollTo(0, 0)
  }, [page, bounty])
  const View = PAGES.find((entry) => entry.page === page)?.View
  return (
    <section className={isPlay ? 'bounties bounties-play' : 'bounties'} aria-labelledby="bounties-title">
      <div className="bounties-head">
        <h1 id="bounties-title">Bounties</h1>
        <p className="lede">Money that is locked before the work is shown, paid for what a verifier measures on text nobody has seen, and back by itself otherwise.</p>
      </div>
      <PersonaBar />
      <nav className="bounty-tabs" aria-label="Bounties">
        <ul>
          {PAGES.map((entry) => (
            <li key={entry.page}>
              <button type="button" aria-current={page === entry.page ? 'page' : undefined} onClick={() => desk.go({ page: entry.page, bounty: null })}>
                {entry.label}
                {entry.page === 'mine' && running > 0 && <span className="tab-count"><span className="visually-hidden">, under way: </span>{running}</span>}
              </button>
            </li>
          ))}
        </ul>
      </nav>
      {step !== null && page !== 'guide' && <GuideDock step={step} />}
      <ConfirmPayment />
      <Problems />
      <div className="bounty-page" key={`${persona}/${page}/${bounty}`}>
        {page === 'bounty' && bounty ? <BountyPage id={bounty} /> : View && <View />}
      </div>
    </section>
  )
}
