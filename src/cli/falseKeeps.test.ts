// The command over real programs and a real record; scores from a trainer that knows nothing but luck.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { hashString, Rng } from '../core/rng'
import { scriptedTrainer, success } from '../research/testing'
import { createBox } from '../sandbox/box'
import { parseLabArgs } from './args'
import { FALSE_KEEP_DEFAULTS, falseKeeps } from './falseKeeps'
import { EXIT } from './headless'
import { textReport } from './report'
import { textData, textSource } from './textData'

const root = mkdtempSync(join(tmpdir(), 'assay-false-'))
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('both rules decide on changes that do nothing; the table says what luck kept', async () => {
  const data = join(root, 'text.txt')
  writeFileSync(data, Array.from({ length: 300 }, (_, i) => `The quick brown fox jumps over ${i} lazy dogs.`).join('\n\n'))
  const trainer = scriptedTrainer(() => 2, 0)
  trainer.before = (job) => {
    const luck = new Rng(hashString(JSON.stringify(job.program.graph)), String(job.seed)).normal()
    return success(job, 2 + 0.01 * luck)
  }
  const box = await createBox()
  const args = parseLabArgs([...FALSE_KEEP_DEFAULTS, '--data', data, '--experiments', '6', '--out', join(root, 'out')], ['noop'])
  const lines: string[] = []
  const terminal = { write: (text: string) => lines.push(text) }
  const report = textReport({ write: () => undefined })
  const parts = { trainer, box, source: textSource, prepare: textData }
  expect(await falseKeeps(args, parts, report, new AbortController().signal, terminal)).toBe(EXIT.done)
  box.close()
  const [head, measured, plain] = lines.join('').trim().split('\n').map((line) => line.trim().split(/ {2,}/))
  expect(head.slice(0, 3)).toEqual(['rule', 'no-op changes decided', 'kept'])
  expect(measured.slice(0, 2)).toEqual(['measured', '6'])
  expect(plain.slice(0, 2)).toEqual(['plain', '6'])
  expect(Number(plain[2])).toBeGreaterThan(0) // six draws, none below the first: once in seven
  expect(plain[3]).toBe(plain[2])
  expect(Number(plain[4])).toBeGreaterThan(0)
  expect(Number(plain[5])).toBe(7)
  expect(trainer.jobs.filter(({ program }) => program.graph.params.some(({ name }) => name.startsWith('idle'))).length).toBeGreaterThan(11)
})
