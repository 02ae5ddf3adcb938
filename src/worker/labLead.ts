// Which tab leads: one works on labs and money, the others watch.

import { LabError } from '../core/errors'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'

export interface Lead {
  /** resolves when it is known which tab leads */
  leadKnown: Promise<void>
  /** @throws LabError "lab.state" in a tab that only watches */
  needLead(): Promise<void>
}

/** @param onLead called when this tab leads, now or later */
export function createLead(parts: Pick<LabParts, 'claimLead'>, board: StatusBoard, onLead: () => void): Lead {
  const leadKnown = new Promise<void>((resolve) => {
    parts.claimLead((leading) => {
      const tookOver = leading && board.status.watching
      board.set({ watching: !leading, ...(tookOver ? { notice: TOOK_OVER } : {}) }, true)
      resolve()
      // later: the lead may be known before whoever asked has finished asking
      if (leading) queueMicrotask(onLead)
    })
  })
  return {
    leadKnown,
    async needLead() {
      await leadKnown
      if (!board.status.watching) return
      throw new LabError('lab.state', 'Another tab is running the lab; this one only watches.', {
        hint: 'Use the other tab, or close it: this one takes over at once.',
      })
    },
  }
}

const TOOK_OVER = {
  level: 'info',
  message: 'The other tab is gone; this one leads now.',
  hint: 'Press Start to go on.',
} as const
