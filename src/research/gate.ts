// Start, pause, resume, step, stop: who may go on, and who waits. The loop asks the gate between experiments
// and whenever the disk is full; the person's commands open and close it.

import { LabError } from '../core/errors'
import type { LabStatus, Phase } from '../worker/protocol'
import type { PhaseEvent } from './phase'
import { nextPhase } from './phase'
import { Interrupted } from './runner'

export type Notice = NonNullable<LabStatus['notice']>

export class Gate {
  phase: Phase = 'idle'
  private pauseAsked = false
  private oneStep = false
  private wake: (() => void) | null = null
  private readonly onPhase: (phase: Phase) => void

  constructor(onPhase: (phase: Phase) => void) {
    this.onPhase = onPhase
  }

  /** Moves the phase, or refuses. @throws LabError "lab.state" */
  event(event: PhaseEvent): void {
    this.phase = nextPhase(this.phase, event)
    this.onPhase(this.phase)
  }

  /** @returns true when the loop must be launched, false when one that waited goes on */
  go(event: 'start' | 'resume' | 'step'): boolean {
    const before = this.phase
    this.event(event)
    this.pauseAsked = false
    this.oneStep = event === 'step'
    this.release()
    return before === 'idle' || before === 'failed'
  }

  pause(): void {
    this.event('pause')
    this.pauseAsked = true
  }

  /** Lets a waiting loop see that it is being stopped. */
  stop(): void {
    this.event('stop')
    this.release()
  }

  /**
   * Between experiments: waits while paused.
   * @param held called once before waiting
   * @throws Interrupted when the lab is being stopped
   */
  async between(held: () => Promise<void>): Promise<void> {
    this.checkStop()
    if (!this.pauseAsked) return
    await held()
    await this.hold()
  }

  /** Waits until the person says resume, step or stop. @throws Interrupted on stop */
  async hold(): Promise<void> {
    this.checkStop()
    this.pauseAsked = false
    this.event('held')
    await new Promise<void>((resolve) => {
      this.wake = resolve
    })
    this.checkStop()
  }

  /** After an experiment: a step is over. */
  stepDone(): void {
    if (this.oneStep) this.pauseAsked = true
    this.oneStep = false
  }

  checkStop(): void {
    if (this.phase === 'stopping') throw new Interrupted()
  }

  private release(): void {
    this.wake?.()
    this.wake = null
  }
}

/** What the person should know about a failure. */
export function noticeOf(error: LabError, level: Notice['level'] = 'error'): Notice {
  return { level, message: error.message, hint: error.hint }
}
