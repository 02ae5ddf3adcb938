// Replays in the page: a receipt is run again on a trainer of its own, while no lab is at work.

import { LabError } from '../core/errors'
import type { BackendChoice } from '../judge/types'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'
import type { ReceiptView, ReplayAnswer } from './protocol'

export interface ReplayDesk {
  readonly busy: boolean
  view(text: string): Promise<ReceiptView>
  /** @param backend what the page trains on now */
  replay(text: string, otherApp: boolean, backend: BackendChoice): Promise<ReplayAnswer>
  stop(): void
}

export function createReplayDesk(parts: LabParts, desk: ReturnType<typeof createDataDesk>, board: StatusBoard): ReplayDesk {
  let current: AbortController | null = null
  // only who has a receipt loads it
  const load = async () => ({ ...(await import('../history/receipt')), ...(await import('../history/replayReceipt')) })

  async function own(publicKey: string): Promise<boolean> {
    try {
      return (await parts.identity()).publicKey === publicKey
    } catch {
      return false // a browser that cannot sign has signed nothing
    }
  }

  /** The loss curve of a receipt of this browser; the first run's is the one that is kept. */
  async function curvesOf(fingerprint: string): Promise<(Float32Array | null)[]> {
    for (const { labId } of await parts.ledger.listLabs()) {
      const found = (await parts.ledger.listReceipts(labId)).find((receipt) => receipt.fingerprint === fingerprint)
      if (found) return [await parts.ledger.loadCurve(labId, found.number)]
    }
    return []
  }

  return {
    get busy() {
      return current !== null
    },
    async view(text) {
      const { readReceipt } = await load()
      const { receipt, fingerprint, attached } = await readReceipt(text)
      return { receipt, fingerprint, isOwn: await own(receipt.publicKey), hasProgram: attached['train.js'] !== undefined }
    },
    async replay(text, otherApp, backend) {
      if (current) throw new LabError('lab.state', 'A receipt is being replayed already.', { hint: 'Wait for it, or stop it.' })
      const stopping = (current = new AbortController())
      const begun = parts.now()
      const trainer = parts.spareTrainer()
      try {
        const { readReceipt, replayReceipt } = await load()
        const verified = await readReceipt(text)
        const { receipt, fingerprint } = verified
        board.set({ replaying: { fingerprint, run: 1, runs: receipt.runs.length, progress: 0 } }, true)
        await trainer.open(backend)
        const data = async (...source: Parameters<typeof desk>) => {
          const tokens = (await desk(...source)).copy()
          board.set({ activity: 'idle', progress: 0 })
          return tokens
        }
        const report = await replayReceipt(verified, { trainer, box: parts.box, data }, {
          otherApp,
          signal: stopping.signal,
          curves: await curvesOf(fingerprint),
          onEvent(event, i) {
            const { length } = receipt.runs
            const progress = event.kind === 'progress' ? event.progress : 0
            board.set({ replaying: { fingerprint, run: i + 1, runs: length, progress } })
          },
        }) // prettier-ignore
        const record = { ...report, fingerprint, publicKey: receipt.publicKey, at: begun, seconds: (parts.now() - begun) / 1000 }
        await parts.replays.save(record)
        return { stopped: false, record }
      } catch (thrown) {
        if (!stopping.signal.aborted) throw thrown
        return { stopped: true, record: null }
      } finally {
        trainer.terminate()
        current = null
        board.set({ replaying: null, activity: 'idle', progress: 0 }, true)
      }
    },
    stop: () => current?.abort(),
  }
}
