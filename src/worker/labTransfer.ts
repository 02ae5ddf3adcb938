// Transfers in the page: baseline and best of the lab shown, measured in other settings on a trainer of their own, while
// no lab is at work.

import { LabError } from '../core/errors'
import type { TransferRecord } from '../history/transfers'
import type { AdapterInfo } from '../judge/types'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'
import type { TransferOptions } from '../research/transfer/options'

export interface TransferDesk {
  readonly busy: boolean
  /** What would be measured; trains nothing. @param adapter what the page trains on now */
  plan(labId: string, options: TransferOptions, adapter: AdapterInfo): Promise<TransferRecord>
  /** Measures, going on where an earlier call was stopped. @returns the record as far as it came */
  run(labId: string, options: TransferOptions, adapter: AdapterInfo): Promise<TransferRecord>
  stop(): void
}

export function createTransferDesk(parts: LabParts, desk: ReturnType<typeof createDataDesk>, board: StatusBoard): TransferDesk {
  let current: AbortController | null = null
  // only who asks for a transfer loads it
  const load = async () => ({ ...(await import('../research/transfer/plan')), ...(await import('../research/transfer/run')), ...(await import('../engine/predict')) })

  async function depsOf(labId: string) {
    const lab = await parts.ledger.loadLab(labId)
    if (!lab) throw new LabError('lab.state', 'This lab is not in this browser.', { hint: 'Open another.' })
    const repo = parts.repository(labId)
    const { predictBytes, planTransfer, runTransfer } = await load()
    const deps = {
      box: parts.box,
      predictBytes,
      source: async ({ commit }: { commit: string }) => (await repo.read(commit))['train.js'],
      async data(...wanted: Parameters<typeof desk>) {
        const prepared = await desk(...wanted)
        board.set({ activity: 'idle', progress: 0 })
        return { tokens: prepared.copy(), floorBpb: prepared.floorBpb }
      },
      now: parts.now,
    }
    return { lab, rows: await parts.ledger.listExperiments(labId), repo, deps, planTransfer, runTransfer }
  }

  return {
    get busy() {
      return current !== null
    },
    async plan(labId, options, adapter) {
      const { lab, rows, deps, planTransfer } = await depsOf(labId)
      return (await planTransfer(lab, rows, options, { ...deps, trainer: { open: async () => adapter } })).record
    },
    async run(labId, options, { backend }) {
      if (current) throw new LabError('lab.state', 'A transfer is being measured already.', { hint: 'Wait for it, or stop it.' })
      const stopping = (current = new AbortController())
      const trainer = parts.spareTrainer()
      try {
        const { lab, rows, repo, deps, planTransfer, runTransfer } = await depsOf(labId)
        await trainer.open(backend)
        const plan = await planTransfer(lab, rows, options, { ...deps, trainer })
        const record = await runTransfer(plan, parts.transfers, { ...deps, trainer }, (event) => {
          const { transferring } = board.status
          if (event.kind === 'begin') board.set({ transferring: { ...event.progress, labId, progress: 0 } }, true)
          else if (event.kind === 'run' && event.event.kind === 'progress' && transferring)
            board.set({ transferring: { ...transferring, progress: event.event.progress } })
        }, stopping.signal) // prettier-ignore
        await repo.saveTransfer(record.id, `${JSON.stringify(record, null, 2)}\n`)
        return record
      } finally {
        trainer.terminate()
        current = null
        board.set({ transferring: null, activity: 'idle', progress: 0 }, true)
      }
    },
    stop: () => current?.abort(),
  }
}
