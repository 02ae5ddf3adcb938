import { expect, test } from 'vitest'
import type { LabError } from '../../core/errors'
import type { RunJob, RunResult, Trainer } from '../../judge/types'
import { createTurns, measuredTrainer } from './turns'

const never = new AbortController().signal
/** Lets everything that can go on go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Speaks until told to stop, as an interrupted model does. */
const speakTill = (signal: AbortSignal) => new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

/** A trainer whose runs end when the test says so. */
function slowTrainer() {
  const log: string[] = []
  let end = (): void => undefined
  const trainer = {
    run: () => {
      log.push('run begins')
      return new Promise<RunResult>((resolve) => {
        end = () => resolve({} as RunResult)
      })
    },
    profile: async () => void log.push('profile'),
    terminate: () => void log.push('terminated'),
  } as unknown as Trainer
  return { trainer, log, end: () => end() }
}

test('a model waits for the run that is being measured, and speaks after it', async () => {
  const turns = createTurns()
  const { trainer, log, end } = slowTrainer()
  const measured = measuredTrainer(trainer, turns)
  const run = measured.run({} as RunJob, () => undefined)
  await settle()
  const spoken = turns.speak(never, async () => void log.push('speaks'))
  await settle()
  expect(log).toEqual(['run begins'])
  end()
  await run
  await spoken
  expect(log).toEqual(['run begins', 'speaks'])
})

test('a run that begins cuts an answer off, and does not begin before the model has stopped', async () => {
  const turns = createTurns()
  const { trainer, log, end } = slowTrainer()
  const measured = measuredTrainer(trainer, turns)
  let stopped = (): void => undefined
  const answer = turns.speak(never, async (signal) => {
    await speakTill(signal).catch(() => new Promise<void>((resolve) => (stopped = resolve)))
    log.push('has stopped')
    signal.throwIfAborted()
  })
  await settle()
  const run = measured.run({} as RunJob, () => undefined)
  await settle()
  expect(log).toEqual([])
  stopped()
  await expect(answer).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('Pause') })
  await settle()
  expect(log).toEqual(['has stopped', 'run begins'])
  end()
  await run
})

test('models speak one at a time, and nobody who gave up waiting ever does', async () => {
  const turns = createTurns()
  const log: string[] = []
  const first = new AbortController()
  const a = turns.speak(first.signal, speakTill)
  const gaveUp = new AbortController()
  const b = turns.speak(gaveUp.signal, async () => void log.push('b'))
  const c = turns.speak(never, async () => void log.push('c'))
  await settle()
  gaveUp.abort(new Error('no longer wanted'))
  await expect(b).rejects.toThrow('no longer wanted')
  expect(log).toEqual([])
  first.abort(new Error('enough'))
  await expect(a).rejects.toThrow('enough')
  await c
  expect(log).toEqual(['c'])
})

test('models make room before each run, until they are out of use', async () => {
  const turns = createTurns()
  const { trainer, log, end } = slowTrainer()
  const measured = measuredTrainer(trainer, turns)
  const forget = turns.beforeRuns(() => log.push('room'))
  await measured.profile({} as never)
  forget()
  const run = measured.run({} as RunJob, () => undefined)
  await settle()
  end()
  await run
  expect(log).toEqual(['room', 'profile', 'run begins'])
})

test('a trainer that is ended gives its turn up, and what waited for it never starts', async () => {
  const turns = createTurns()
  const { trainer, log } = slowTrainer()
  const measured = measuredTrainer(trainer, turns)
  void measured.run({} as RunJob, () => undefined) // never settles, as that of an ended worker
  await settle()
  measured.terminate()
  await turns.speak(never, async () => void log.push('speaks'))
  expect(log).toEqual(['run begins', 'terminated', 'speaks'])

  let stopped = (): void => undefined
  const answer = turns.speak(never, (signal) => speakTill(signal).catch(() => new Promise<void>((resolve) => (stopped = resolve))))
  await settle()
  const waiting = measured.run({} as RunJob, () => undefined)
  const refused = expect(waiting).rejects.toMatchObject({ code: 'gpu.lost' } satisfies Partial<LabError>)
  await settle()
  measured.terminate()
  stopped()
  await answer
  await refused
  expect(log.filter((line) => line === 'run begins')).toHaveLength(1)
})
