// Turns of a node: what comes in one go, and what comes while a turn is being kept, is done and kept together.

import { LabError } from '../../core/errors'

export interface TurnHooks {
  /** After the work of a turn: makes it durable, then sends what came of it. */
  finish(): Promise<void>
  /** Something failed: there is no further turn. @returns what everybody who asked or asks is told */
  stop(thrown: unknown): LabError
}

interface Job {
  /** @returns tells whoever asked */
  run(): () => void
  fail(failure: LabError): void
}

export class Turns {
  private readonly hooks: TurnHooks
  private waiting: Job[] = []
  private isRunning = false
  private failure: LabError | null = null

  constructor(hooks: TurnHooks) {
    this.hooks = hooks
  }

  /** @returns when the turn is finished. @throws a LabError of `work`, which harms nothing; any other failure stops all */
  add<T>(work: () => T): Promise<T> {
    return new Promise<T>((done, fail) => {
      const run = () => {
        try {
          const value = work()
          return () => done(value)
        } catch (thrown) {
          if (!(thrown instanceof LabError)) throw thrown
          return () => fail(thrown)
        }
      }
      this.waiting.push({ run, fail })
      if (!this.isRunning) void this.runAll()
    })
  }

  private async runAll(): Promise<void> {
    this.isRunning = true
    await Promise.resolve() // what comes in one go is one turn
    while (this.waiting.length > 0) {
      const jobs = this.waiting
      this.waiting = []
      try {
        if (this.failure) throw this.failure
        const answers = jobs.map((job) => job.run())
        await this.hooks.finish()
        for (const tell of answers) tell()
      } catch (thrown) {
        this.failure ??= this.hooks.stop(thrown)
        for (const job of jobs) job.fail(this.failure)
      }
    }
    this.isRunning = false
  }
}
