// Who uses this machine's processor and graphics now: a run that is being measured, or a language model on this machine.
// Never both, or the model would be paid for with training time. A run goes first: it ends what a model is saying.

import { LabError } from '../../core/errors'
import type { Trainer } from '../../judge/types'

export interface Turns {
  /**
   * Waits until no run is measured and no other model speaks, then lets one speak.
   * @param speak settles soon after its signal is aborted, by `signal` or by a run that begins
   * @throws LabError "lab.state" when a run began; the signal's reason
   */
  speak<T>(signal: AbortSignal, speak: (signal: AbortSignal) => Promise<T>): Promise<T>
  /**
   * Ends what a model is saying, has models give back what they should, and resolves when the machine is free for a run.
   * @returns to be called when the run is over
   */
  begin(signal: AbortSignal): Promise<() => void>
  /** Calls `makeRoom` before each run begins; the result takes that back. */
  beforeRuns(makeRoom: () => void): () => void
}

export function createTurns(): Turns {
  let runs = 0
  let speaker: { stop(): void } | null = null
  let waiting: (() => void)[] = []
  const rooms = new Set<() => void>()

  function changed(): void {
    const awake = waiting
    waiting = []
    for (const wake of awake) wake()
  }

  /** Claims in the same breath in which it is free: others wait for the same. */
  async function claimWhen(free: () => boolean, claim: () => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (!free()) {
      await new Promise<void>((wake) => {
        waiting.push(wake)
        signal.addEventListener('abort', () => wake(), { once: true })
      })
      signal.throwIfAborted()
    }
    claim()
  }

  return {
    async speak(signal, speak) {
      const stopped = new AbortController()
      const claim = () => (speaker = { stop: () => stopped.abort(runBegan()) })
      await claimWhen(() => runs === 0 && speaker === null, claim, signal)
      try {
        return await speak(AbortSignal.any([signal, stopped.signal]))
      } finally {
        speaker = null
        changed()
      }
    },
    async begin(signal) {
      runs++ // from here on nobody begins to speak
      let over = false
      const end = () => {
        if (over) return
        over = true
        runs--
        changed()
      }
      try {
        speaker?.stop()
        await claimWhen(() => speaker === null, () => rooms.forEach((makeRoom) => makeRoom()), signal)
        return end
      } catch (thrown) {
        end()
        throw thrown
      }
    },
    beforeRuns(makeRoom) {
      rooms.add(makeRoom)
      return () => void rooms.delete(makeRoom)
    },
  }
}

const runBegan = (): LabError =>
  new LabError('lab.state', 'A run began, and a model on this machine would have slowed it down: its answer was cut off.', {
    hint: 'Pause the lab first, then ask again.',
  })

/** The same trainer, whose runs and profiles take turns with the models on this machine. */
export function measuredTrainer(trainer: Trainer, turns: Turns): Trainer {
  let ended = new AbortController()
  const ends = new Set<() => void>()

  async function alone<T>(measure: () => Promise<T>): Promise<T> {
    const { signal } = ended
    const end = await turns.begin(signal)
    ends.add(end)
    try {
      signal.throwIfAborted()
      return await measure()
    } finally {
      ends.delete(end)
      end()
    }
  }

  return {
    ...trainer,
    run: (job, onEvent) => alone(() => trainer.run(job, onEvent)),
    profile: (program) => alone(() => trainer.profile(program)),
    terminate() {
      trainer.terminate()
      // what was running never settles now, and what waits for its turn must not start
      ended.abort(new LabError('gpu.lost', 'The trainer was ended.'))
      ended = new AbortController()
      for (const end of ends) end()
      ends.clear()
    },
  }
}
