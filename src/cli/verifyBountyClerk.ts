// Takes part in every bounty that names this key, and tells how it goes.

import { promises as fs } from 'node:fs'
import { join } from 'node:path'
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
import type { PaymentRow } from '../wallet/types'
import { baselineOf, createMeasureDesk } from '../worker/bountyMeasure'
import { Person } from '../worker/bountyPerson'
import type { BountyEvent } from '../worker/bountyProtocol'
import { createDataDesk } from '../worker/labData'
import { createStatusBoard } from '../worker/labStatus'
import { openWallet, stopped, untilOnline, type CliWallet } from './cliWallet'
import type { VerifyBountyArgs } from './verifyBountyArgs'
import { Texts } from './verifyBountyTexts'

export interface VerifierParts {
  trainer: Trainer
  box: Box
}

/** What is tried again by the clock, such as materials, is tried so often. */
const LOOK_EVERY_MS = 30_000
/** The same trouble is told once in so long. */
const TELL_AGAIN_MS = 3_600_000
/** Relays that say nothing new for so long have said everything; and messages that none takes are waited for so long. */
const QUIET_MS = 5000
const UNSENT_MS = 30_000

export class Clerk {
  private readonly args: VerifyBountyArgs
  private readonly folder: string
  private readonly say: (text: string) => void
  private readonly stop: AbortSignal
  private readonly texts: Texts
  private readonly timer: ReturnType<typeof setInterval>
  private stopMeasuring: () => void = () => undefined
  private person: Person | null = null
  private readonly told = new Map<string, string>()
  private readonly troubles = new Map<string, number>()
  private looking: Promise<void> = Promise.resolve()
  private isDirty = false
  /** rises with whatever is heard */
  private news = 0

  constructor(args: VerifyBountyArgs, folder: string, say: (text: string) => void, stop: AbortSignal) {
    this.args = args
    this.folder = folder
    this.say = say
    this.stop = stop
    this.texts = new Texts(nodeByteCache(join(folder, 'data')), args.mostSats, stop)
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS)
  }

  /** Goes on with everything that is kept. @throws LabError store.* | import.invalid | pay.noWallet */
  async start({ trainer, box }: VerifierParts): Promise<void> {
    const { args, folder, say } = this
    for (const file of args.texts) await this.texts.add(file)
    const board = createStatusBoard()
    const cache = nodeByteCache(join(folder, 'data'))
    const data = createDataDesk(async (source, spec) => {
      const corpus = await loadCorpus(source, { cache })
      return { ...(await prepareData(corpus, spec)), floorBpb: corpus.floorBpb }
    }, board)
    const measures = createMeasureDesk({ parts: { spareTrainer: () => trainer, box }, data, board, isFree: () => true, backend: async () => args.backend })
    this.stopMeasuring = measures.stop
    this.person = await Person.open({
      persona: 'verifier',
      store: await openFileStore(folder),
      tell: (event) => this.hear(event),
      measure: (work, { office }) => {
        say(`${work.spec.title}: training ${work.commit === null ? 'the baseline' : `submission ${work.commit.slice(0, 8)}`}, ${work.spec.seeds} seeds`)
        return measures.measure(work, work.commit === null ? null : baselineOf(office, work.bounty, work.set))
      },
    })
    // whatever asks for money, no more of it leaves
    await this.person.setCaps({ perPaymentMsat: null, perDayMsat: null, totalMsat: args.mostSats * 1000 })
    await this.person.setRelays(args.relays)
    say(`This verifier's public key: ${this.office.me}`)
    if (args.wallet) await this.connect(args.wallet, this.person)
    this.look()
  }

  /** A wallet that does not answer now is tried again, whenever there is something to bill. */
  private async connect(choice: CliWallet, person: Person): Promise<void> {
    const wallet = await openWallet(choice, this.folder, 'verifier')
    try {
      const about = await untilOnline(wallet, this.stop)
      if (about) this.say(`Fees are billed to "${about.alias}"${about.isPlayMoney ? ', play money' : ''}.`)
    } catch (thrown) {
      this.trouble(LabError.from(thrown))
    }
    if (this.stop.aborted) await wallet.close()
    else await person.attach(wallet)
  }

  private get office(): Office {
    return this.person!.office
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

  /** Everything that can be done now; relays are heard out first. */
  async finish(): Promise<void> {
    do await this.doAll()
    while (this.args.relays.length > 0 && !(await this.isQuiet()))
    await this.looking
  }

  private async doAll(): Promise<void> {
    let before = ''
    while (!this.stop.aborted) {
      this.look()
      await Promise.race([this.looking.then(() => this.office.wake()).then(() => this.office.rest()), stopped(this.stop)])
      const after = JSON.stringify(this.office.rows().map(({ id, updatedAt, state }) => [id, updatedAt, state.todo]))
      if (after === before) break
      before = after
    }
  }

  /** @returns false as soon as there is news */
  private async isQuiet(): Promise<boolean> {
    const { news } = this
    const since = Date.now()
    while (!this.stop.aborted && this.news === news) {
      const enough = (await this.office.unsent()) > 0 ? UNSENT_MS : QUIET_MS
      if (Date.now() - since > enough && this.person!.relays().every(({ state }) => state !== 'connecting')) return true
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return this.stop.aborted
  }

  /** Everything that is under way is left as it is: the next start goes on with it. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.looking
    await this.person?.close()
    this.stopMeasuring() // nobody hears of it any more
  }

  private hear(event: BountyEvent): void {
    if (event.kind === 'bounties') {
      this.news++
      this.look()
    } else if (event.kind === 'payment') this.tellPayment(event.row)
    else if (event.kind === 'confirm') this.person!.answer(event.row.key, event.row.key.startsWith('materials/')) // the cap has its say before
    else {
      const isKnown = event.error.code === 'pay.noWallet' && !this.person?.currentWallet() // that there is none is told with the bounty
      if (!isKnown) this.trouble(LabError.fromJSON(event.error))
    }
  }

  private trouble({ message, hint }: LabError): void {
    const text = `${message} ${hint}`
    if (Date.now() - (this.troubles.get(text) ?? -Infinity) < TELL_AGAIN_MS) return
    this.troubles.set(text, Date.now())
    this.say(text)
  }

  /** Looks at everything, soon and once however often it is asked. */
  private look(): void {
    if (this.isDirty) return
    this.isDirty = true
    this.looking = this.looking.then(() => this.lookNow()).catch((thrown: unknown) => this.trouble(LabError.from(thrown)))
  }

  private async lookNow(): Promise<void> {
    this.isDirty = false
    const { person } = this
    if (person === null) return // it is still being opened
    const { office } = person
    const payments = await person.till.payments()
    for (const listing of office.listings()) {
      const { id, spec, author } = listing
      const rowOf = () => office.rows().find((row) => row.id === `verifier/${id}`)
      if (!rowOf() && this.mayJudge(listing)) {
        const missing = await this.texts.get(listing, person)
        if (missing === null) await office.verify(id)
        else if (!this.stop.aborted) this.tell(`${id}/text`, `${spec.title}: ${missing}`)
      }
      const row = rowOf()
      if (!row) continue
      if (spec.coordinatorFeePercent > 0 && author !== office.me && !this.args.wallet) this.tell('wallet', 'No wallet is given: fees are not billed until this is run with --wallet.')
      const { stage, next, submissions } = partView(row, office.me, listing, office.about(id), payments)
      this.tell(id, `${spec.title}: ${stage} ${next ?? ''}`.trim())
      for (const one of submissions) this.tell(one.commit, `${spec.title}: submission ${one.commit.slice(0, 8)} of ${one.author.slice(0, 8)}: ${one.stage}`)
      if (this.args.relays.length === 0) await this.writeMail(id)
    }
  }

  private mayJudge({ id, author, spec }: Listing): boolean {
    const { sponsors, mostTokens } = this.args
    if (!spec.verifiers.includes(this.office.me) || (sponsors.length > 0 && !sponsors.includes(author))) return false
    const tokens = spec.seeds * spec.task.budget.amount
    if (tokens <= mostTokens) return true
    this.tell(`${id}/size`, `${spec.title}: left alone: one measurement trains ${tokens} tokens, and --most-tokens is ${mostTokens}`)
    return false
  }

  private tellPayment({ key, direction, state: { state }, amountMsat, isPlayMoney, why }: PaymentRow): void {
    const amount = `${amountMsat / 1000} sat${isPlayMoney ? ' of play money' : ''}`
    if (direction === 'out' && state === 'paid') this.tell(key, `${why}: ${amount} paid`)
    if (direction === 'in' && state === 'open') this.tell(key, `${why}: a fee of ${amount} is billed`)
    if (direction === 'in' && state === 'settled') this.tell(key, `${why}: a fee of ${amount} has been received`)
  }

  /** Says a line that is not what was said last of the same thing. */
  private tell(about: string, line: string): void {
    if (this.told.get(about) === line) return
    this.told.set(about, line)
    this.say(line)
  }

  private async writeMail(bounty: string): Promise<void> {
    const path = join(this.folder, `${bounty.slice(0, 8)}.mail.json`)
    await fs.writeFile(`${path}.new`, mailText({ bounty, events: await this.office.eventsOf(bounty) }))
    await fs.rename(`${path}.new`, path)
  }
}
