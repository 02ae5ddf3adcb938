// The trainer in a process of its own. A worker thread would not do: ending a thread while Dawn still owes it an
// answer aborts the whole process, and ending it at once is the very thing a time limit and Ctrl-C need.

import type { BackendChoice, Trainer } from '../judge/types'
import { startChild, type Child } from './childCalls'

type Method = Exclude<keyof Trainer, 'terminate'>

/**
 * A trainer in a child process, which is started when first needed and again after its end.
 * Calls in progress reject with "gpu.lost" when it dies. When it is terminated they stay open, as with a worker:
 * whoever ends a run knows why, and must not be told by the run first.
 * @param script the built src/cli/trainerChild.ts
 * @param tuning the file in which it keeps what it measures of the adapter
 */
export function createChildTrainer(script: URL, tuning: string): Trainer {
  let child: Child | null = null
  let choice: BackendChoice | undefined

  function start(): Child {
    const started = startChild(script, {
      args: [tuning],
      // whatever the driver prints goes to stderr: stdout is for the report
      stdio: ['ignore', 2, 2, 'ipc'],
      message: "The trainer's process ended",
      hint: 'It is started again with the next run.',
      onEnd() {
        if (child === started) child = null
      },
    })
    if (choice !== undefined) started.call('open', [choice]).catch(() => undefined) // whoever asks next is told what is wrong
    return started
  }

  const call = <M extends Method>(method: M, args: readonly unknown[], onEvent?: Parameters<Trainer['run']>[1]) =>
    (child ??= start()).call(method, args, onEvent) as ReturnType<Trainer[M]>

  return {
    open(wanted) {
      // a process started later is told, too
      choice = wanted ?? choice
      return call('open', wanted === undefined ? [] : [wanted])
    },
    setData: (data) => call('setData', [data]),
    run: (job, onEvent) => call('run', [job], onEvent),
    sample: (...args) => call('sample', args),
    profile: (program) => call('profile', [program]),
    terminate() {
      child?.kill()
      child = null
    },
  }
}
