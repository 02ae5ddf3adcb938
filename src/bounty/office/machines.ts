// Runs the machines: one input at a time, each step durable before what it asks for is done, and what was asked done until
// there is a result.

import { LabError } from '../../core/errors'
import { stepHunter } from '../escrow/hunter'
import type { Decode } from '../escrow/lock'
import type { Effect, Input, Result } from '../escrow/machine'
import { stepSponsor } from '../escrow/sponsor'
import { stepVerifier, type Inspect } from '../escrow/verifier'
import { resultOf, type EffectDeps } from './effects'
import { Patience } from './patience'
import type { AnyState, MachineRow } from './store'

export interface MachinesDeps extends EffectDeps {
  inspect: Inspect
  decode: Decode
  /** unix seconds */
  now(): number
  onChange(row: MachineRow): void
  onError(error: LabError): void
}

/** These say that it will never be done; anything else is tried again. */
const FINAL = /^(pay\.(mismatch|expired|cap|refused|unsupported)|bounty\.invalid|program\.|sandbox\.)/

export class Machines {
  isClosed = false
  private readonly deps: MachinesDeps
  private readonly machines = new Map<string, MachineRow>()
  private readonly flights = new Map<string, Promise<void>>()
  private readonly patience: Patience
  private turn: Promise<unknown> = Promise.resolve()

  private constructor(deps: MachinesDeps) {
    this.deps = deps
    this.patience = new Patience(deps.now)
  }

  static async open(deps: MachinesDeps): Promise<Machines> {
    const machines = new Machines(deps)
    for (const row of await deps.store.machines()) machines.machines.set(row.id, row)
    return machines
  }

  rows(): MachineRow[] {
    return [...this.machines.values()]
  }

  get(id: string): AnyState | null {
    return this.machines.get(id)?.state ?? null
  }

  /** One thing after another; what changes machines is done in here. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.turn.then(work)
    this.turn = turn.catch(() => undefined) // told to who asked
    return turn
  }

  /** In a turn: a new machine, durable when it resolves. */
  async add(id: string, state: AnyState): Promise<void> {
    const row = { id, state, updatedAt: this.deps.now() }
    await this.deps.store.saveMachine(row)
    this.machines.set(id, row)
    await this.passTime(id)
  }

  passTime(id: string): Promise<void> {
    return this.apply(id, { kind: 'time', now: this.deps.now(), height: this.deps.till.height() })
  }

  /** In a turn: step, make durable, then do. */
  async apply(id: string, input: Input): Promise<void> {
    const row = this.machines.get(id)
    if (!row) throw new LabError('bounty.state', 'There is nothing of this name.', { data: { id } })
    if (this.isClosed) return
    const state = structuredClone(row.state)
    if (state.role === 'hunter') stepHunter(state, input)
    else if (state.role === 'sponsor') stepSponsor(state, input, this.deps.decode)
    else stepVerifier(state, input, this.deps.inspect)
    const next = { id, state, updatedAt: row.updatedAt }
    const isChanged = contentOf(next) !== contentOf(row)
    if (isChanged) {
      next.updatedAt = this.deps.now()
      await this.deps.store.saveMachine(next)
    }
    this.machines.set(id, next)
    if (isChanged) this.deps.onChange(next)
    for (const effect of state.todo) {
      const flight = `${id}/${effect.key}`
      // once at a time
      if (!this.flights.has(flight) && this.patience.mayTry(flight)) this.flights.set(flight, this.perform(id, effect, flight))
    }
  }

  /** What failed is tried at once, with the next input. */
  hurry(): void {
    this.patience.forget()
  }

  /** Resolves when nothing is under way: what is left waits for others, for time, or for another try. */
  async rest(): Promise<void> {
    let last: unknown = null
    while (last !== this.turn || this.flights.size > 0) {
      last = this.turn
      await Promise.all([last, ...this.flights.values()])
    }
  }

  /** Does one thing; its result is the next input. */
  private async perform(id: string, effect: Effect, flight: string): Promise<void> {
    try {
      const result = await this.outcome(id, effect)
      this.patience.done(flight)
      this.flights.delete(flight)
      await this.inTurn(() => this.apply(id, { kind: 'done', key: effect.key, result }))
    } catch (thrown) {
      // the wallet, the judge or the disk: nothing was recorded, so it is tried again
      this.flights.delete(flight)
      if (this.isClosed) return
      const error = LabError.from(thrown)
      if (this.patience.failed(flight, error.message)) this.deps.onError(error)
    }
  }

  /** What came of an effect; that it can never be done is an outcome, too. */
  private async outcome(id: string, effect: Effect): Promise<Result> {
    try {
      return await resultOf(effect, id, this.get(id)!, this.deps)
    } catch (thrown) {
      const error = LabError.from(thrown)
      if (!FINAL.test(error.code)) throw error
      this.deps.onError(error)
      return { do: 'fail', reason: error.message }
    }
  }
}

/** What must not be forgotten: all of it but the time, which comes again. */
const contentOf = ({ state }: MachineRow) => JSON.stringify({ ...state, now: 0, height: 0 })
