// The stopwatch, on a clock that the test turns; the command with every part but the training.

import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { experimentFixture } from '../history/fixtures'
import type { RunJob, RunResult } from '../judge/types'
import type { Activity } from '../worker/protocol'
import { landscapeOf, scriptedBox, scriptedTrainer, success } from '../research/testing'
import { newFolder, removeFolders } from '../research/testingLab'
import { defaultProgram } from '../sandbox/defaultProgram'
import { findKnobs } from '../sandbox/knobs'
import { parseLabArgs } from './args'
import { EXIT } from './headless'
import { besideOf, overhead, OVERHEAD_DEFAULTS, stopwatch } from './overhead'
import { textReport } from './report'
import { textData } from './textData'

afterEach(removeFolders)

test('every millisecond goes to one part; training, evaluation and the choice of kernels are not beside them', async () => {
  let at = 0
  const clock = stopwatch(() => at)
  const say = (activity: Activity, ms: number) => {
    clock.hear({ kind: 'activity', activity, number: 1, repeat: 1, repeats: 3 })
    at += ms
  }
  const row = (number: number) => clock.hear({ kind: 'row', row: experimentFixture('lab', number) })
  const box = clock.box({ describe: async () => ((at += 7), scriptedBox().describe({ source: '', vocab: 260, tier: 'software' })), close() {} })
  const trainer = clock.trainer({
    ...scriptedTrainer(() => 2, 0),
    async run(job) {
      for (const [activity, ms] of [['compiling', 20], ['warming', 30], ['training', 5000], ['evaluating', 400], ['checking', 100]] as const) say(activity, ms) // prettier-ignore
      const result = success(job, 2)
      // the run's own clock: the phase came 10 ms late
      return { ...result, measurements: { ...result.measurements!, trainMs: 5010 } } as RunResult
    },
  })
  say('training', 999) // the baseline's
  for (const number of [1, 2]) {
    say('proposing', 3)
    await box.describe({ source: '', vocab: 260, tier: 'software' })
    at += 2
    say('committing', 11)
    await box.describe({ source: '', vocab: 260, tier: 'software' })
    await trainer.run({ runId: 'lab/1/1', seed: 1, budget: { kind: 'tokens', amount: 8 } } as RunJob, () => undefined)
    at += 13
    say('deciding', 17)
    row(number)
    row(number) // the same one, with words added
    at += 1
  }
  expect(clock.experiments).toHaveLength(2)
  const first = { proposing: 5, box: 14, committing: 11, compiling: 20, warming: 20, deciding: 30, 'tuning kernels': 0, training: 5010, evaluating: 500 }
  expect(clock.experiments[0]).toEqual(first)
  expect(clock.experiments[1]).toEqual({ ...first, deciding: 31 })
  expect(besideOf(clock.experiments[0])).toBe(5 + 14 + 11 + 20 + 20 + 30)
})

test('the command runs a real lab and gives its table', async () => {
  let said = ''
  const terminal = { write: (text: string) => (said += text) }
  const trainer = scriptedTrainer(landscapeOf(findKnobs(defaultProgram('software')), 3), 0.002)
  const args = parseLabArgs([...OVERHEAD_DEFAULTS, '--experiments', '3', '--out', join(await newFolder(), 'out')], ['evolution'])
  const parts = { trainer, box: scriptedBox(), source: async () => ({ kind: 'grammar' as const, seed: 1, bytes: 60_000 }), prepare: textData }
  const run = () => overhead(args, parts, textReport(terminal), new AbortController().signal, terminal)
  expect(await run()).toBe(EXIT.done)
  const figure = (label: string) => Number(new RegExp(`${label} +([\\d.]+)`).exec(said)?.[1])
  expect(figure('commit, open the row')).toBeGreaterThan(0)
  const beside = ['propose', 'box: run train.js, read what it describes', 'commit, open the row', 'plan, compile from the cache', 'warm up', 'decide, close the row, git, results.tsv, receipt']
  expect(Math.abs(beside.reduce((sum, label) => sum + figure(label), 0) - figure('beside training and evaluation'))).toBeLessThan(0.5)
  await expect(run()).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('--out') })
})
