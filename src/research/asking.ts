// The researcher, as the loop asks it: under a signal that a stop aborts, and with its costs on the lab's account.

import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import type { Bench } from './bench'
import { researchContext, type Ways } from './context'
import type { LabBook } from './labBook'
import type { LoopDeps } from './loop'
import { recall } from './memory/recall'
import { NO_COST, type Cost } from './models/types'
import { Interrupted } from './runner'
import { addCosts, isSpent } from './spending'
import type { Controller, Proposal, ResearchContext } from './types'

export interface ResearcherDeps extends Pick<LoopDeps, 'onEvent'> {
  book: LabBook
  bench: Bench
  /** who proposes now; the person may choose another between two experiments */
  controller: () => Controller
  /** ends with the lab's stop */
  signal: AbortSignal
}

/** A model in the page takes up to three seconds to be interrupted (models/page/client.ts). */
const SETTLE_MS = 4000

interface Words {
  text: string
  cost: Cost
}

export interface Researcher {
  readonly name: string
  readonly takesOrders: boolean
  /** whether it writes what runs taught, or leaves that to the figures */
  readonly reflects: boolean
  /**
   * @param ask how often this proposal has been asked for before
   * @throws controller.*, Interrupted
   */
  propose(base: Experiment, guidance: Ways['guidance'], ask: number): Promise<Proposal>
  /** null where it leaves that to the figures */
  reflect(row: Experiment): Promise<Words | null>
  learn(): Promise<Words | null>
  /** Waits for what a stop may cut short. @throws Interrupted */
  unlessStopped<T>(work: Promise<T>): Promise<T>
}

/** The researcher of one lab. */
export function createResearcher({ book, bench, controller, signal, onEvent }: ResearcherDeps): Researcher {
  /** what models have cost since it was last recorded */
  let owed = NO_COST

  async function unlessStopped<T>(work: Promise<T>): Promise<T> {
    let onAbort = () => {}
    const stopped = new Promise<never>((_, reject) => {
      onAbort = () => reject(new Interrupted())
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([work, stopped])
    } catch (thrown) {
      throw signal.aborted ? new Interrupted() : thrown
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** What it cost is recorded whatever comes of it: a request that a stop breaks off is paid for as well. */
  async function paid<T>(work: Promise<T>): Promise<T> {
    try {
      return await unlessStopped(work)
    } finally {
      await settledSoon(work)
      const cost = owed
      owed = NO_COST
      if (isSpent(cost)) await book.spend(cost)
    }
  }

  async function contextFor(base: Experiment, guidance: Ways['guidance'], ask = 0): Promise<ResearchContext> {
    const source = await book.source(base)
    const { name } = controller()
    const ways: Ways = {
      guidance,
      recall: recall(book.rows, book.lab, source, guidance.orders.map(({ text }) => text).join(' ')),
      base: base.number,
      signal,
      check: bench.check,
      screen: bench.screen,
      onCost: (cost) => void (owed = addCosts(owed, cost)),
      onText: (delta) => onEvent({ kind: 'text', proposer: name, delta }),
    }
    return researchContext(book.lab, book.rows, source, ways, ask)
  }

  function best(): Experiment {
    if (book.incumbent) return book.incumbent
    throw new LabError('lab.internal', 'A researcher was asked before the baseline.')
  }

  const afterwards = () => contextFor(best(), { mode: 'explore', reason: '', orders: [] })

  return {
    get name() {
      return controller().name
    },
    get takesOrders() {
      return controller().takesOrders === true
    },
    get reflects() {
      return controller().reflect !== undefined
    },
    async propose(base, guidance, ask) {
      return paid(controller().propose(await contextFor(base, guidance, ask)))
    },
    async reflect(row) {
      const { reflect } = controller()
      return reflect ? paid(reflect.call(controller(), await afterwards(), row)) : null
    },
    async learn() {
      const { learn } = controller()
      return learn ? paid(learn.call(controller(), await afterwards())) : null
    },
    unlessStopped,
  }
}

/** Resolves once the work is over, or has had its time to be: whoever was interrupted says soon what it has cost. */
function settledSoon(work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, SETTLE_MS)
    const settled = () => {
      clearTimeout(timer)
      resolve()
    }
    work.then(settled, settled)
  })
}
