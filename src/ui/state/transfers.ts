// Transfers as views need them: live from the browser's store.

import { useEffect, useState } from 'react'
import { LabError } from '../../core/errors'
import type { ArmReport, TransferRecord } from '../../history/transfers'
import type { IconName } from '../views/Icon'
import { useSession } from './context'
import { noticeOf } from './store'
import type { AppState } from './store'

/** What each verdict is called and drawn as; colour is never the only difference. */
export const CARRY_VERDICTS: Record<ArmReport['verdict'], { label: string; icon: IconName; tone: 'gold' | 'plain' | 'bad' }> = {
  'carries over': { label: 'Carries over', icon: 'check', tone: 'gold' },
  'in part': { label: 'In part', icon: 'half', tone: 'gold' },
  lost: { label: 'Lost', icon: 'cross', tone: 'bad' },
  reversed: { label: 'Reversed', icon: 'cross', tone: 'bad' },
  'cannot tell': { label: 'Cannot tell', icon: 'info', tone: 'plain' },
  refused: { label: 'Refused', icon: 'bar', tone: 'plain' },
  failed: { label: 'Failed', icon: 'cross', tone: 'bad' },
  'not measured': { label: 'Not measured', icon: 'clock', tone: 'plain' },
}

/** The transfers of a lab, the last changed first. */
export function useTransfers(labId: string): TransferRecord[] {
  const session = useSession()
  const [held, setHeld] = useState<{ labId: string; records: TransferRecord[] }>()
  useEffect(() => session.client.watchTransfers(
    labId,
    (records) => setHeld({ labId, records }),
    (error) => session.store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(error)) }),
  ), [session, labId])
  return held?.labId === labId ? held.records : []
}

/** Why no transfer can be measured now; empty where one can. */
export function whyNoTransfer({ status, adapter }: AppState): string {
  if (status.watching) return 'Another tab leads; measure there.'
  if (status.phase === 'running' || status.phase === 'stopping') return 'A run is being measured; pause the lab first.'
  if (status.replaying) return 'A receipt is being replayed; wait for it, or stop it.'
  if (status.attacking) return 'The red team is at work; wait for it, or stop it.'
  if (status.transferring) return 'A transfer is being measured.'
  if (status.dueling) return 'A duel is under way; wait for it, or stop it.'
  return adapter ? '' : 'There is nothing to train on yet.'
}
