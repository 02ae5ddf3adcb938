// Receipts and replays as views need them: live from the browser's store.

import { useEffect, useState } from 'react'
import { LabError } from '../../core/errors'
import type { ReceiptRow } from '../../history/receipt'
import type { ReplayRecord } from '../../history/replay'
import type { Verdict } from '../../history/replayVerdict'
import type { IconName } from '../views/Icon'
import { useSession } from './context'
import { noticeOf } from './store'
import type { AppState } from './store'

/** What each verdict is called and drawn as; colour is never the only difference. */
export const VERDICTS: Record<Verdict, { label: string; icon: IconName; tone: 'gold' | 'plain' | 'bad' }> = {
  'bit-identical': { label: 'Bit-identical', icon: 'check', tone: 'gold' },
  'within tolerance': { label: 'Within tolerance', icon: 'check', tone: 'plain' },
  refuted: { label: 'Refuted', icon: 'cross', tone: 'bad' },
  'cannot replay': { label: 'Cannot be replayed', icon: 'info', tone: 'plain' },
}

/** The last receipt of an attempt; undefined until known, null where there is none. */
export function useReceipt(labId: string, number: number): ReceiptRow | null | undefined {
  const session = useSession()
  const [held, setHeld] = useState<{ key: string; receipt: ReceiptRow | null }>()
  const key = `${labId}/${number}`
  useEffect(() => session.client.watchReceipts(
    labId,
    number,
    (receipts) => setHeld({ key, receipt: receipts.at(-1) ?? null }),
    (error) => session.store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(error)) }),
  ), [session, labId, number, key])
  return held?.key === key ? held.receipt : undefined
}

/** Every replay in this browser, the newest first. */
export function useReplays(): ReplayRecord[] {
  const session = useSession()
  const [replays, setReplays] = useState<ReplayRecord[]>([])
  useEffect(() => session.client.watchReplays(
    (found) => setReplays([...found].reverse()),
    (error) => session.store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(error)) }),
  ), [session])
  return replays
}

/** Why no receipt can be replayed now; empty where one can. */
export function whyNoReplay({ status, adapter }: AppState): string {
  if (status.watching) return 'Another tab leads; replay there.'
  if (status.phase === 'running' || status.phase === 'stopping') return 'A run is being measured; pause the lab to replay.'
  if (status.replaying) return 'Another receipt is being replayed.'
  if (status.attacking) return 'The red team is at work; wait for it, or stop it.'
  if (status.transferring) return 'A transfer is being measured; wait for it, or stop it.'
  return adapter ? '' : 'There is nothing to train on yet.'
}

/** Long hashes in groups of four, so that two can be compared by eye. */
export function shortHash(hash: string): string {
  return hash.slice(0, 16).replace(/(.{4})(?=.)/g, '$1 ')
}
