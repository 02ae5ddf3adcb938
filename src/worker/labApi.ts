// The lab as the page sees it: every command of LabApi, over parts that the caller assembles.

import { LabError } from '../core/errors'
import { defaultBudget } from '../history/newLab'
import type { Repository } from '../history/types'
import type { AdapterInfo, BackendChoice } from '../judge/types'
import type { Loop } from '../research/loop'
import { defaultProgram, defaultProgramMd } from '../sandbox/defaultProgram'
import { BYTE_VOCAB, checkProgram } from './checkProgram'
import type { BountyApi } from './bountyProtocol'
import { createAttackDesk } from './labAttacks'
import { createBountyGate } from './labBountyGate'
import { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import { createDuelDesk } from './labDuel'
import { createLead } from './labLead'
import { createModelDesk } from './labModels'
import { createPersonDesk } from './labPerson'
import { createReplayDesk } from './labReplay'
import type { LabSession } from './labSession'
import { createStatusBoard } from './labStatus'
import { createTransferDesk } from './labTransfer'
import type { LabApi, ProfileResult } from './protocol'
import type { ResearchApi } from './researchProtocol'

/** The lab over its parts. Methods throw LabError; whoever exposes them to another thread wraps them (border.ts). */
export function createLabApi(given: LabParts): LabApi & ResearchApi & BountyApi {
  const repositories = new Map<string, Repository>()
  const parts: LabParts = {
    ...given,
    // one object a lab: two over the same store would each keep their own idea of it
    repository(labId) {
      const repo = repositories.get(labId) ?? given.repository(labId)
      repositories.set(labId, repo)
      return repo
    },
  }
  const board = createStatusBoard()
  const desk = createDataDesk(parts.prepare, board)
  const replays = createReplayDesk(parts, desk, board)
  const attacks = createAttackDesk(parts, board)
  const transfers = createTransferDesk(parts, desk, board)
  const duels = createDuelDesk(parts, desk, board)
  /** the lab that commands go to, and the one whose record is being looked at */
  let current: LabSession | null = null
  let viewed: LabSession | null = null
  /** a profile being taken: a run that began now would be slowed down by it */
  let profiling: Promise<ProfileResult> | null = null
  let chosen: BackendChoice | undefined

  const { leadKnown, needLead } = createLead(parts, board, () => bounties.wake())
  const bounties = createBountyGate({
    parts, board, data: desk, needLead, leadKnown,
    backend: async () => (await probe()).backend,
    isFree: () => !current?.running && profiling === null && takenBy() === null,
    async addLab(lab) {
      const { storeLab } = await import('./labOpening')
      await storeLab(lab, parts)
      await openLab(lab.labId)
    },
  }) // prettier-ignore

  /** Has the next `open` find the choice, or say why it cannot be had. */
  async function choose(choice: BackendChoice): Promise<void> {
    if (current?.busy) {
      throw new LabError('lab.state', 'A lab is at work on what trains now.', { hint: 'Stop it before you choose another.' })
    }
    await profiling?.catch(() => undefined)
    chosen = choice
    for (const session of [current, viewed]) session?.forget()
    const failed = board.status.phase === 'failed'
    board.set({ adapter: null, ...(failed && { phase: 'idle', notice: null, error: null }) }, true)
    const adapter = await parts.trainer.open(choice)
    // another choice may have been made meanwhile
    if (chosen === choice) board.set({ adapter }, true)
  }

  async function probe(choice?: BackendChoice): Promise<AdapterInfo> {
    if (choice !== undefined && choice !== chosen) await choose(choice)
    const adapter = board.status.adapter ?? (await parts.trainer.open())
    board.set({ adapter })
    return adapter
  }

  function shown(): LabSession {
    if (viewed) return viewed
    throw new LabError('lab.state', 'No lab is open.', { hint: 'Start a new one, or open one from the list.' })
  }

  async function command(run: (loop: Loop) => void | Promise<void>): Promise<void> {
    await needLead()
    const session = current ?? shown()
    await profiling?.catch(() => undefined)
    await run(await session.loop())
  }

  /** A command that trains, which must not share the machine with a replay. */
  function training(run: (loop: Loop) => void): Promise<void> {
    refuseWhileTaken()
    return command(run)
  }

  /** What else than the loop trains now, in words. */
  function takenBy(): string | null {
    return replays.busy ? 'A receipt is being replayed' : attacks.busy ? 'The red team is at work' : transfers.busy ? 'A transfer is being measured' : duels.busy ? 'A duel is being fought' : null
  }

  /** One thing trains at a time, or each would slow the other's clock. */
  function refuseWhileTaken(): void {
    const what = takenBy() ?? (bounties.busy ? 'A patch is being measured for a bounty' : null)
    if (what === null) return
    throw new LabError('lab.state', `${what}, and both would be slowed down.`, { hint: 'Wait for it, or stop it.' })
  }

  /** Before something else than the loop trains. */
  async function needRest(what: string): Promise<void> {
    await needLead()
    if (current?.running) {
      throw new LabError('lab.state', `A run is being measured, and ${what} now would slow it down.`, {
        hint: 'Pause the lab; when the experiment is over, try again.',
      })
    }
    refuseWhileTaken()
    await profiling?.catch(() => undefined)
  }

  function show(session: LabSession): void {
    viewed = session
    if (current?.busy) return
    current = session
    board.set({ labId: session.labId, phase: 'idle', number: null, notice: null, error: null, meter: null }, true)
    void session.showMeter().catch(() => undefined) // a record that cannot be read says so when it is opened
  }

  /** Opens a lab with what none needs before: git, the loop, its researchers. */
  async function openLab(labId: string): Promise<void> {
    const { openSession } = await import('./labSession')
    show(await openSession(labId, parts, desk, board))
  }

  async function profile(): Promise<ProfileResult> {
    await needLead() // the other tab's clock is running
    refuseWhileTaken()
    const byDefault = async () => ({ experiment: null, source: defaultProgram((await probe()).tier), vocab: BYTE_VOCAB })
    // the lab that holds the adapter decides whether it is free
    if (current?.busy) await current.programToProfile()
    const { experiment, source, vocab } = viewed ? await viewed.programToProfile() : await byDefault()
    const adapter = await probe()
    const program = await parts.box.describe({ source, vocab, tier: adapter.tier })
    return { experiment, adapter, profile: await parts.trainer.profile(program) }
  }

  return {
    subscribe: async (listener) => {
      await leadKnown
      board.subscribe(listener)
    },
    status: async () => board.status,
    probe,
    async defaults() {
      const { tier } = await probe()
      return { trainJs: defaultProgram(tier), programMd: defaultProgramMd(), budget: defaultBudget(tier) }
    },
    check: async (...program) => checkProgram(parts.box, await probe(), ...program),
    async importText(name, bytes) {
      const { importText } = await import('../data/corpus')
      return importText(name, new Uint8Array(bytes), await parts.cache())
    },
    async create(settings) {
      await needLead()
      if (current?.busy) {
        throw new LabError('lab.state', 'A lab is running.', { hint: 'Stop it before you start a new one.' })
      }
      try {
        const { beginLab } = await import('./labOpening')
        const labId = await beginLab(settings, parts, desk, probe)
        await openLab(labId)
        const warning = await parts.askToPersist()
        if (warning) board.set({ notice: { level: 'info', message: warning, hint: '' } })
        return labId
      } finally {
        board.set({ activity: 'idle', progress: 0 }, true)
      }
    },
    async open(labId) {
      await leadKnown
      if (current?.labId === labId) {
        viewed = current
        return
      }
      await openLab(labId)
      const lab = await parts.ledger.loadLab(labId)
      // the tab was closed in the middle of the work: close what was cut off, say so, and go on
      if (lab?.phase === 'running' && current?.labId === labId && !board.status.watching && takenBy() === null && !bounties.busy) {
        const loop = await current.loop()
        loop.start()
      }
    },
    start: async () => training((loop) => loop.start()),
    pause: () => command((loop) => loop.pause()),
    resume: async () => training((loop) => loop.resume()),
    step: async () => training((loop) => loop.step()),
    stop: () => command((loop) => loop.stop()),
    queueProgram: (trainJs, hypothesis) => command((loop) => loop.queueProgram(trainJs, hypothesis)),
    updateProgramMd: (text) => command((loop) => loop.updateProgramMd(text)),
    async sample(...args) {
      await needLead() // the other tab's clock is running
      return shown().sample(...args)
    },
    profile() {
      profiling ??= profile().finally(() => (profiling = null))
      return profiling
    },
    sources: async (number) => shown().sources(number),
    receipt: async (number) => shown().receipt(number),
    readReceipt: (text) => replays.view(text),
    async replay(text, otherApp) {
      await needRest('a replay')
      return replays.replay(text, otherApp, (await probe()).backend)
    },
    stopReplay: async () => replays.stop(),
    cheats: () => attacks.list(),
    async attack() {
      await needRest('an attack')
      await attacks.run()
    },
    stopAttack: async () => attacks.stop(),
    planTransfer: async (options) => transfers.plan(shown().labId, options, await probe()),
    async transfer(options) {
      await needRest('a transfer')
      return transfers.run(shown().labId, options, await probe())
    },
    stopTransfer: async () => transfers.stop(),
    async duel(options) {
      await needRest('a duel')
      return duels.run(shown().labId, options, await probe())
    },
    stopDuel: async () => duels.stop(),
    ...createPersonDesk(command, () => current ?? shown()),
    ...createModelDesk(parts, board),
    ...bounties.api,
    report: async () => shown().report(),
    exportZip: async () => shown().exportZip(),
    exportResults: async () => shown().exportResults(),
  }
}
