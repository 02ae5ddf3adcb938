// The red team in the page: every known cheat is tried on this very lab, on trainers of its own, while no lab is at work.

import { LabError } from '../core/errors'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'
import type { CheatFacts } from './protocol'

export interface AttackDesk {
  readonly busy: boolean
  list(): Promise<CheatFacts[]>
  /** Resolves when all have been tried, or `stop` was called; reports are told as events. */
  run(): Promise<void>
  stop(): void
}

export function createAttackDesk(parts: LabParts, board: StatusBoard): AttackDesk {
  let current: AbortController | null = null
  // only who opens the section loads it
  const load = async () => ({ ...(await import('../redteam/attack')), ...(await import('../redteam/ground')), ...(await import('../redteam/registry')) })

  return {
    get busy() {
      return current !== null
    },
    async list() {
      const { CHEATS } = await load()
      return CHEATS.map(({ attempt: _, ...facts }) => facts)
    },
    async run() {
      if (current) throw new LabError('lab.state', 'The cheats are being tried already.', { hint: 'Wait for them, or stop.' })
      const stopping = (current = new AbortController())
      try {
        const { attackAll, openGround, CHEATS } = await load()
        const tell = (done: number) => board.set({ attacking: { done, total: CHEATS.length } }, true)
        tell(0)
        const prepared = new Map<string, ReturnType<LabParts['prepare']>>()
        const { ground, close } = await openGround({
          box: parts.box,
          trainer: parts.spareTrainer,
          async data(...wanted) {
            const key = JSON.stringify(wanted)
            const text = prepared.get(key) ?? parts.prepare(...wanted, () => undefined)
            prepared.set(key, text)
            return structuredClone((await text).data)
          },
        })
        try {
          let done = 0
          await attackAll(ground, (report) => {
            board.tell({ kind: 'attack', report })
            tell(++done)
          }, { signal: stopping.signal }) // prettier-ignore
        } finally {
          close()
        }
      } finally {
        current = null
        board.set({ attacking: null }, true)
      }
    },
    stop: () => current?.abort(),
  }
}
