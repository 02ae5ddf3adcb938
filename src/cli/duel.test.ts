// The command but for the training: real data, loop, git and files; scores from a scripted trainer.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { landscapeOf, scriptedBox, scriptedTrainer } from '../research/testing'
import { newFolder, removeFolders } from '../research/testingLab'
import { defaultProgram } from '../sandbox/defaultProgram'
import { findKnobs } from '../sandbox/knobs'
import type { DuelReport } from '../worker/researchProtocol'
import { runDuelCommand } from './duel'
import { parseDuelArgs } from './duelArgs'
import { curveLines } from './duelText'
import { EXIT } from './headless'
import { textData } from './textData'

const NAMES = ['evolution', 'random']

let root = ''
beforeEach(async () => void (root = await newFolder()))
afterEach(removeFolders)

async function duel(options: string, stopAfter = Infinity) {
  let said = ''
  const stop = new AbortController()
  const trainer = scriptedTrainer(landscapeOf(findKnobs(defaultProgram('software')), 3), 0.002)
  trainer.before = () => {
    if (trainer.jobs.length >= stopAfter) stop.abort()
  }
  const args = parseDuelArgs(`evolution random --out ${join(root, 'duel')} --experiments 3 --fresh 2 ${options}`.split(' '), NAMES)
  const source = async () => ({ kind: 'grammar' as const, seed: 1, bytes: 60_000 })
  const code = await runDuelCommand(args, { trainer, box: scriptedBox(), predictBytes: () => 0, source, prepare: textData }, { write: (text) => (said += text) }, stop.signal)
  return { code, said, jobs: trainer.jobs.length }
}

const report = () => JSON.parse(readFileSync(join(root, 'duel', 'duel.json'), 'utf8')) as DuelReport

describe('npm run lab -- duel', () => {
  it('stopped and gone on with, it leaves a repository a side, a report, a table, tests and a curve', async () => {
    const cut = await duel('--seeds 1', 6)
    expect(cut.code).toBe(EXIT.interrupted)
    expect(cut.said).toContain('Not finished: the same command goes on.')
    const { code, said } = await duel('--seeds 2')
    expect(code).toBe(EXIT.done)
    expect(report()).toMatchObject({ finished: true, pairs: [{ seed: 1 }, { seed: 101 }], fresh: { pairs: 2 } })
    expect(said).toMatch(/Seed 1, random: 2\.\d{4} → 2\.\d{4}, \d of 3 kept/)
    expect(said).toMatch(/Seed 101, evolution: 2\.\d{4} on 2 fresh seeds/)
    expect(said).toContain('Of 2 pairs evolution is lower in')
    expect(said).toContain('That they differ is not shown at 5 %: ')
    expect(said).toContain('3 experiments')
    for (const folder of ['seed-1-random', 'seed-101-evolution']) {
      const git = (...args: string[]) => execFileSync('git', args, { cwd: join(root, 'duel', folder), encoding: 'utf8' })
      expect(git('for-each-ref', '--format=%(refname)', 'refs/attempts').trim().split('\n').length).toBeGreaterThanOrEqual(4)
    }
    expect(await duel('--seeds 2')).toMatchObject({ code: EXIT.done, jobs: 0 })
    const other = await duel('--seeds 2 --budget 1ktok')
    expect(other.code).toBe(EXIT.failed)
    expect(other.said).toContain('holds another duel: evolution against random')
  })

  it('speaks JSON, a line an object', async () => {
    const { said } = await duel('--seeds 1 --json')
    const lines = said.trim().split('\n').map((line) => JSON.parse(line) as { event: string }) // prettier-ignore
    expect(lines.filter(({ event }) => event === 'row').length).toBeGreaterThanOrEqual(8)
    expect(lines.at(-1)).toMatchObject({ event: 'duel', finished: true, selection: { pairs: 1 } })
  })
})

test('the command line is read strictly', () => {
  expect(parseDuelArgs(['random', 'evolution'], NAMES)).toMatchObject({
    a: 'random', b: 'evolution', seeds: 5, fresh: 3, guide: 'off', lab: { experiments: 40, budget: { kind: 'tokens', amount: 20_000 }, out: 'duel-out' },
  }) // prettier-ignore
  expect(parseDuelArgs(['--help'], NAMES).lab.help).toBe(true)
  for (const wrong of [['random'], ['random', 'random'], ['random', 'tpi'], ['random', 'evolution', '--seeds', '0'], ['random', 'evolution', '--controller', 'random'], ['random', 'evolution', '--seed', 'x']]) {
    expect(() => parseDuelArgs(wrong, NAMES), wrong.join(' ')).toThrow()
  }
})

test('the curve: the letter of each side where its mean is', () => {
  const side = (curve: number[], isDone = true) => ({ curve, isDone })
  // one has ended early, one is still at it
  const pairs = [{ a: side([2, 2, 1.9]), b: side([2, 1.8, 1.5], false) }, { a: side([2, 2]), b: side([2, 1.8, 1.5, 1.4]) }] // prettier-ignore
  const lines = curveLines({ options: { a: 'random', b: 'tpe' }, pairs } as unknown as DuelReport)
  expect(lines[2]).toBe('  2.0000 │xa')
  expect(lines[11]).toBe('  1.5000 │  b')
  expect(lines.at(-1)).toContain('2 experiments')
})
