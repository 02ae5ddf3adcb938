// Duels in the page: two researchers on the task and the program of the lab shown, on a trainer of their own, while no
// lab is at work. Whoever reloads finds the report, and the same duel goes on.

import { LabError } from '../core/errors'
import type { LabRecord } from '../history/types'
import type { AdapterInfo } from '../judge/types'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'
import type { DuelOptions, DuelReport } from './researchProtocol'

export interface DuelDesk {
  readonly busy: boolean
  /** Goes on where an earlier call was stopped. @returns the report as far as it came */
  run(labId: string, options: DuelOptions, adapter: AdapterInfo): Promise<DuelReport>
  stop(): void
}

export function createDuelDesk(parts: LabParts, desk: ReturnType<typeof createDataDesk>, board: StatusBoard): DuelDesk {
  let current: AbortController | null = null

  return {
    get busy() {
      return current !== null
    },
    async run(labId, options, { backend }) {
      if (current) throw new LabError('lab.state', 'A duel is under way already.', { hint: 'Wait for it, or stop it.' })
      const stopping = (current = new AbortController())
      const trainer = parts.spareTrainer()
      try {
        // only who asks for a duel loads it
        const { runDuel } = await import('../research/duel/run')
        const { predictBytes } = await import('../engine/predict')
        const { createClients } = await import('./labClients')
        const { researcherOf } = await import('./labResearch')
        const clients = createClients(parts, board)
        const start = await parts.ledger.loadLab(labId)
        if (!start) throw new LabError('lab.state', 'This lab is not in this browser.', { hint: 'Open another.' })
        await trainer.open(backend)
        const deps = {
          trainer,
          box: parts.box,
          predictBytes,
          researcherOf: (lab: LabRecord) => researcherOf(lab, clients),
          data: async () => (await desk(start.task.dataset, start.task.tokenizer)).copy(),
          place: async (lab: LabRecord) => ({ ledger: parts.duels.ledger, repo: parts.repository(lab.labId), release: async () => undefined }),
          now: parts.now,
        }
        return await runDuel(start, options, parts.duels, deps, (event) => {
          if (event.kind === 'report') board.set({ dueling: event.report })
        }, stopping.signal) // prettier-ignore
      } finally {
        trainer.terminate()
        current = null
        board.set({ dueling: null, activity: 'idle', progress: 0 }, true)
      }
    },
    stop: () => current?.abort(),
  }
}
