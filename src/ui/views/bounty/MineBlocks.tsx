import { useState } from 'react'
import { useDesk, useDeskState, usePerson, usePersona } from '../../state/bountyContext'
import { isInTheAir } from '../../state/bountyWords'
import { Amount } from './Amount'

/** Practice only: blocks are what time is made of on the private chain, so mining lets locks run out. */
export function MineBlocks() {
  const desk = useDesk()
  const persona = usePersona()
  const busy = useDeskState((state) => state.busy)
  const { payments, wallet } = usePerson()
  const height = wallet?.practice?.height ?? null
  const ends = payments?.filter(isInTheAir).flatMap(({ lockedUntil }) => lockedUntil?.height ?? []) ?? []
  // as many as the locks still last, where there are any
  const suggested = height !== null && ends.length > 0 ? Math.min(2016, Math.max(1, Math.max(...ends) - height)) : 10
  const [typed, setBlocks] = useState<number | null>(null)
  const blocks = typed ?? suggested
  const [said, setSaid] = useState('')
  const isAmount = blocks >= 1 && blocks <= 2016
  const mine = async () => {
    setSaid('')
    let reached = 0
    if (await desk.attempt('mine', async () => {
      reached = await desk.api.mine(persona, blocks)
    })) setSaid(`The chain is at block ${reached}.`)
  }
  return (
    <div className="mine-blocks">
      <Amount label="Let time pass" unit="blocks" value={blocks} onChange={setBlocks} />
      <button type="button" className="button button-plain" aria-disabled={busy !== null || !isAmount} onClick={() => {
        if (busy === null && isAmount) void mine()
      }}>{busy === 'mine' ? 'Mining…' : `Mine ${isAmount ? blocks : 'N'} ${blocks === 1 ? 'block' : 'blocks'}`}</button>
      <p className="note" role="status">{said || 'A block stands for ten minutes. A lock ends after so many of them, and the money returns by itself.'}</p>
    </div>
  )
}
