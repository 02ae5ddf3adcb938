// npm run lab -- verify-bounty: an unattended verifier, with its record in a folder.

import { promises as fs } from 'node:fs'
import { join, resolve } from 'node:path'
import { openFileStore } from '../bounty/office/storeFile'
import type { Listing } from '../bounty/office/mail'
import type { Office } from '../bounty/office/office'
import { partView } from '../bounty/office/view'
import { mailText, readMail } from '../bounty/wire/file'
import { LabError } from '../core/errors'
import { loadCorpus, prepareData } from '../data/corpus'
import { nodeByteCache } from '../data/nodeCache'
import type { Trainer } from '../judge/types'
import type { Box } from '../sandbox/contract'
import { baselineOf, createMeasureDesk } from '../worker/bountyMeasure'
import { Person } from '../worker/bountyPerson'
import type { BountyEvent } from '../worker/bountyProtocol'
import { createDataDesk } from '../worker/labData'
import { createStatusBoard } from '../worker/labStatus'
import { EXIT } from './headless'
import { lockFolder } from './outFolder'
import type { VerifyBountyArgs } from './verifyBountyArgs'

interface VerifierParts {
  trainer: Trainer
  box: Box
}

/** Runs until `stop`, or with --once until nothing is left to do. @returns the exit code */
export async function runVerifyBounty(args: VerifyBountyArgs, parts: VerifierParts, out: { write(text: string): unknown }, stop: AbortSignal): Promise<number> {
  const folder = resolve(args.out)
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  const say = (text: string) => out.write(`${text}\n`)
  let release: (() => Promise<void>) | null = null
  let clerk: Clerk | null = null
  try {
    release = await lockFolder(join(folder, 'lock'), folder)
    if (!globalThis.WebSocket) Object.assign(globalThis, { WebSocket: (await import('ws')).WebSocket }) // Node 20 has none
    clerk = await Clerk.open(args, folder, parts, say)
    say(`This verifier's public key: ${clerk.publicKey}`)
    for (const file of args.imports) await clerk.take(file)
    if (args.once) await clerk.finish(stop)
    else await new Promise<void>((done) => (stop.aborted ? done() : stop.addEventListener('abort', () => done(), { once: true })))
    return args.once && stop.aborted ? EXIT.interrupted : EXIT.done
  } catch (thrown) {
    const { message, hint } = LabError.from(thrown)
    say(`${message} ${hint}`)
    return EXIT.failed
  } finally {
    await clerk?.close()
    await release?.()
  }
}

/** Takes part in every bounty that names this key, and tells how it goes. */
class Clerk {
  private readonly args: VerifyBountyArgs
  private readonly folder: string
  private readonly say: (text: string) => void
  private readonly stopMeasuring: () => void
  private person: Person | null = null
  private readonly told = new Map<string, string>()
  private looking: Promise<void> = Promise.resolve()
  private isDirty = false

  private constructor(args: VerifyBountyArgs, folder: string, say: (text: string) => void, stopMeasuring: () => void) {
    this.args = args
    this.folder = folder
    this.say = say
    this.stopMeasuring = stopMeasuring
  }

  static async open(args: VerifyBountyArgs, folder: string, { trainer, box }: VerifierParts, say: (text: string) => void): Promise<Clerk> {
    const board = createStatusBoard()
    const cache = nodeByteCache(join(folder, 'data'))
    const data = createDataDesk(async (source, spec) => {
      const corpus = await loadCorpus(source, { cache })
      return { ...(await prepareData(corpus, spec)), floorBpb: corpus.floorBpb }
    }, board)
    const measures = createMeasureDesk({ parts: { spareTrainer: () => trainer, box }, data, board, isFree: () => true, backend: async () => args.backend })
    const clerk = new Clerk(args, folder, say, measures.stop)
    const person = await Person.open({
      persona: 'verifier',
      store: await openFileStore(folder),
      tell: (event) => clerk.hear(event),
      measure: (work, { office }) => {
        say(`${work.spec.title}: training ${work.commit === null ? 'the baseline' : `submission ${work.commit.slice(0, 8)}`}, ${work.spec.seeds} seeds`)
        return measures.measure(work, work.commit === null ? null : baselineOf(office, work.bounty, work.set))
      },
    })
    clerk.person = person
    await person.setRelays(args.relays)
    clerk.look()
    return clerk
  }

  private get office(): Office {
    return this.person!.office
  }

  get publicKey(): string {
    return this.office.me
  }

  /** Messages of a file. @throws LabError "import.invalid" where it cannot be read, "bounty.invalid" where it is none */
  async take(file: string): Promise<void> {
    const text = await fs.readFile(file, 'utf8').catch((cause: unknown) => {
      throw new LabError('import.invalid', `${file} cannot be read.`, { hint: 'Check the path.', cause })
    })
    const { bounty, events } = readMail(text)
    let count = 0
    for (const event of events) if (await this.office.hear(event, bounty)) count++
    this.say(`${file}: ${count} new messages`)
  }

  /** Everything that can be done now. */
  async finish(stop: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((done) => stop.addEventListener('abort', () => done(), { once: true }))
    let before = ''
    while (!stop.aborted) {
      this.look()
      await Promise.race([this.looking.then(() => this.office.wake()).then(() => this.office.rest()), stopped])
      const after = JSON.stringify(this.office.rows().map(({ id, updatedAt, state }) => [id, updatedAt, state.todo]))
      if (after === before) break
      before = after
    }
    await this.looking
  }

  async close(): Promise<void> {
    this.stopMeasuring()
    await this.looking.catch(() => undefined) // was told when it happened
    await this.person?.close()
  }

  private hear(event: BountyEvent): void {
    if (event.kind === 'bountyError') this.say(`${event.error.message} ${event.error.hint}`)
    if (event.kind === 'bounties') this.look()
  }

  /** Looks at everything, soon and once however often it is asked. */
  private look(): void {
    if (this.isDirty) return
    this.isDirty = true
    this.looking = this.looking
      .then(() => this.lookNow())
      .catch((thrown: unknown) => this.say(LabError.from(thrown).message))
  }

  private async lookNow(): Promise<void> {
    this.isDirty = false
    const { person } = this
    if (person === null) return // it is still being opened
    const { office } = person
    const payments = await person.till.payments()
    for (const listing of office.listings()) {
      if (this.mayJudge(listing)) await office.verify(listing.id)
      const row = office.rows().find(({ id }) => id === `verifier/${listing.id}`)
      if (!row) continue
      const { stage, next, submissions } = partView(row, office.me, listing, office.about(listing.id), payments)
      const lines = [`${stage} ${next ?? ''}`, ...submissions.map((one) => `submission ${one.commit.slice(0, 8)} of ${one.author.slice(0, 8)}: ${one.stage}`)]
      lines.forEach((line, i) => this.tell(listing, i === 0 ? 'bounty' : submissions[i - 1].commit, line.trim()))
      if (this.args.relays.length === 0) await this.writeMail(listing.id)
    }
  }

  private mayJudge({ id, author, spec }: Listing): boolean {
    const { sponsors, mostTokens } = this.args
    if (!spec.verifiers.includes(this.publicKey) || (sponsors.length > 0 && !sponsors.includes(author))) return false
    const tokens = spec.seeds * spec.task.budget.amount
    if (tokens <= mostTokens) return true
    this.tell({ spec }, `${id}/size`, `left alone: one measurement trains ${tokens} tokens, and --most-tokens is ${mostTokens}`)
    return false
  }

  private tell({ spec }: Pick<Listing, 'spec'>, key: string, line: string): void {
    const whole = `${spec.title}: ${line}`
    if (this.told.get(key) === whole) return
    this.told.set(key, whole)
    this.say(whole)
  }

  private async writeMail(bounty: string): Promise<void> {
    const path = join(this.folder, `${bounty.slice(0, 8)}.mail.json`)
    await fs.writeFile(`${path}.new`, mailText({ bounty, events: await this.office.eventsOf(bounty) }))
    await fs.rename(`${path}.new`, path)
  }
}
