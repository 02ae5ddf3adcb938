// What a task is trained on, where its sponsor or a person has to give it: from a file, or from the bounty's materials.

import { promises as fs } from 'node:fs'
import { basename } from 'node:path'
import { Patience } from '../bounty/office/patience'
import type { Listing } from '../bounty/office/mail'
import { LabError } from '../core/errors'
import type { ByteCache } from '../data/byteCache'
import { hasTexts, importText } from '../data/corpus'
import { haveMaterials } from '../worker/bountyHunt'
import type { Person } from '../worker/bountyPerson'

/** A payment that is longer on its way is looked up at the next try, and not made again. */
const PAY_MS = 10_000

export class Texts {
  private readonly cache: ByteCache
  private readonly mostSats: number
  private readonly fetchUntil: typeof fetch
  private readonly patience = new Patience(() => Math.floor(Date.now() / 1000))
  private readonly reasons = new Map<string, string>()

  /** @param mostSats above it no materials are bought @param stop ends what is being fetched */
  constructor(cache: ByteCache, mostSats: number, stop: AbortSignal) {
    this.cache = cache
    this.mostSats = mostSats
    this.fetchUntil = (input, init) => fetch(input, { ...init, signal: AbortSignal.any(init?.signal ? [init.signal, stop] : [stop]) })
  }

  /** Keeps a file's text. @throws LabError import.invalid | data.* | store.quota */
  async add(file: string): Promise<void> {
    const bytes = await fs.readFile(file).catch((cause: unknown) => {
      throw new LabError('import.invalid', `${file} cannot be read.`, { hint: 'Check the path.', cause })
    })
    await importText(basename(file), new Uint8Array(bytes), this.cache)
  }

  /** Gets what a bounty is trained on; materials that nobody needs are neither fetched nor paid. @returns why it is not here, or null */
  async get(listing: Listing, person: Pick<Person, 'store' | 'till'>): Promise<string | null> {
    const { id, spec } = listing
    if (await hasTexts(spec.task.dataset, this.cache)) return null
    if (spec.materialsUrl === null) return 'left alone: the text of its task is not here. Give it with --text FILE'
    if (spec.accessFeeSat > this.mostSats) return `left alone: its materials cost ${spec.accessFeeSat} sat, and --most-sats is ${this.mostSats}`
    if (!this.patience.mayTry(id)) return this.reasons.get(id) ?? null
    const reason = await this.fetch(listing, person)
    if (reason === null) return null
    this.patience.failed(id, reason)
    this.reasons.set(id, reason)
    return reason
  }

  private async fetch(listing: Listing, person: Pick<Person, 'store' | 'till'>): Promise<string | null> {
    try {
      const buyer = { store: person.store, till: person.till, fetch: this.fetchUntil, payMs: PAY_MS }
      await haveMaterials(listing, { parts: { now: Date.now, cache: async () => this.cache }, person: buyer })
    } catch (thrown) {
      const { message, hint } = LabError.from(thrown)
      return `its materials are not here yet. ${message} ${hint}`
    }
    const isHere = await hasTexts(listing.spec.task.dataset, this.cache)
    return isHere ? null : 'left alone: its materials do not have the text of its task'
  }
}
