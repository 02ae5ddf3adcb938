// A lab and its transfer, all real: data, box, kernels of the processor, judge, git and files.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import '../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import { memoryStore } from '../engine/tune/table'
import { openFileLedger } from '../history/ledgerFile'
import type { TransferRecord } from '../history/transfers'
import { createTrainer } from '../judge/trainer'
import { createBox } from '../sandbox/box'
import type { Box } from '../sandbox/contract'
import { setKnobs } from '../sandbox/knobs'
import { parseLabArgs } from './args'
import { EXIT, runHeadless } from './headless'
import { textReport } from './report'
import { textData, textSource } from './textData'
import { runTransferCommand } from './transfer'
import { parseTransferArgs } from './transferArgs'

let out = ''
let box: Box

/** The processor on one thread: the same bits as on any number of them. */
const oneThread = () => {
  const spawn = () => {
    throw new Error('one thread needs no other')
  }
  return createTrainer({ gpu: async () => undefined, threads: { threads: 1, shared: false, spawn } }, memoryStore(), 'wasm')
}

async function withTrainer<T>(work: (parts: { trainer: ReturnType<typeof oneThread>; box: Box; source: typeof textSource; prepare: typeof textData }) => Promise<T>): Promise<T> {
  const trainer = oneThread()
  try {
    return await work({ trainer, box, source: textSource, prepare: textData })
  } finally {
    trainer.terminate()
  }
}

async function lab(options: string): Promise<void> {
  let said = ''
  const args = parseLabArgs(`--out ${out} ${options}`.split(' '), ['evolution'])
  const report = textReport({ write: (text) => (said += text) })
  const code = await withTrainer((parts) => runHeadless(args, parts, report, new AbortController().signal))
  expect(code, said).toBe(EXIT.done)
}

/** @param stopAfter runs that are allowed before Ctrl-C */
async function transfer(options: string, stopAfter = Infinity) {
  let said = ''
  const stop = new AbortController()
  const terminal = {
    write(text: string) {
      said += text
      if (said.split('"event":"run"').length > stopAfter) stop.abort()
    },
  }
  const args = parseTransferArgs(`--out ${out} ${options}`.trim().split(' '))
  const code = await withTrainer((parts) => runTransferCommand(args, parts, terminal, stop.signal))
  return { code, said }
}

const lines = (said: string) => said.trim().split('\n').map((line) => JSON.parse(line) as { event: string; [key: string]: unknown })

beforeAll(async () => {
  out = join(mkdtempSync(join(tmpdir(), 'assay-transfer-')), 'lab')
  box = await createBox()
})
afterAll(() => {
  box.close()
  rmSync(join(out, '..'), { recursive: true, force: true })
})

describe('npm run lab -- transfer', () => {
  it('refuses a lab in which nothing was kept, and folders without one', async () => {
    expect(await transfer('')).toMatchObject({ code: EXIT.failed, said: expect.stringContaining('There is no lab') })
    rmSync(out, { recursive: true, force: true })
    await lab('--budget 2ktok --rule plain --experiments 1 --controller evolution')
    // a person's own idea: four times as many steps from as much text
    const ledger = await openFileLedger(join(out, '.assay', 'ledger'))
    const [record] = await ledger.listLabs()
    const trainJs = setKnobs(record.trainJs, { ROWS: 1 })
    await ledger.saveLab({ ...record, queue: [{ trainJs, hypothesis: 'More steps learn more.' }] })
    if (record.incumbent === 0) expect(await transfer('')).toMatchObject({ code: EXIT.failed, said: expect.stringContaining('Nothing has been kept') })
    await lab('--experiments 2')
    const [after] = await (await openFileLedger(join(out, '.assay', 'ledger'))).listLabs()
    expect(after.incumbent).toBeGreaterThan(0)
  })

  it('says what it would measure and how long that takes, and trains nothing', async () => {
    const { code, said } = await transfer('--estimate --scale 16')
    expect(code).toBe(EXIT.done)
    expect(said).toMatch(/Own setting: 2,000 tokens, baseline [\d,]+ parameters, \d+ MiB; best/)
    expect(said).toContain('WIDTH 64 → ')
    expect(said).toMatch(/times as large instead of 16: in experiment 0 DEPTH would be 48, and its knob takes up to 12/)
    expect(said).toMatch(/About \d+ (s|min) in all/)
    expect(existsSync(join(out, 'transfers'))).toBe(false)
    expect(await transfer('--limit 0.01s')).toMatchObject({ code: EXIT.failed, said: expect.stringContaining('the limit is') })
  })

  // larger, longer and on another text at once: every part of it is real, and it takes seconds
  const SMALL = '--arms together --scale 1.25 --longer 2 --seeds 2 --json'

  it('keeps what Ctrl-C leaves, goes on where it was, and reports on every setting', async () => {
    const stopped = await transfer(SMALL, 3)
    expect(stopped.code).toBe(EXIT.interrupted)
    expect(lines(stopped.said).at(-1)).toMatchObject({ event: 'report', finished: false })

    const { code, said } = await transfer(SMALL)
    expect(code).toBe(EXIT.done)
    const events = lines(said)
    expect(events.filter(({ event }) => event === 'run')).toHaveLength(8 - 3)
    const report = events.at(-1) as unknown as TransferRecord['report'] & { id: string; finished: boolean }
    expect(report).toMatchObject({ event: 'report', finished: true })
    expect(report.arms.map(({ arm }) => arm)).toEqual(['same', 'together'])
    for (const arm of report.arms) {
      expect(arm.gain).toMatchObject({ pairs: 2, seBpb: expect.any(Number) })
      expect(arm.gain!.gainBpb).toBeCloseTo(arm.baselineBpb! - arm.bestBpb!, 9)
      expect(arm.baselineBpb).toBeGreaterThan(2)
      expect(arm.verdict).not.toMatch(/refused|failed|not measured/)
    }

    const file = readFileSync(join(out, 'transfers', `${report.id}.json`), 'utf8')
    const record = JSON.parse(file) as TransferRecord
    const [same, together] = [record.runs.find(({ arm }) => arm === 'same')!, record.runs.find(({ arm }) => arm === 'together')!]
    expect(together.paramCount).toBeGreaterThan(same.paramCount!)
    expect([same.tokens, together.tokens]).toEqual([2048, 4096])
    expect(together.evidence!.data.val).not.toBe(same.evidence!.data.val)
    expect(together.evidence!.data.tokenizer).toBe(same.evidence!.data.tokenizer)
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
    const git = (...args: string[]) => execFileSync('git', args, { cwd: out, env, encoding: 'utf8' })
    expect(git('cat-file', 'blob', `refs/transfers/${report.id}`)).toBe(file)
    expect(git('status', '--porcelain')).toBe('')

    // all is measured: only the words are new
    const again = await transfer(SMALL.replace(' --json', ''))
    expect(again.said).toMatch(/All together +2 +\d\.\d{4}/)
    expect(again.said).not.toContain('Run 1 of')
  })
})

describe('the options', () => {
  it('are read strictly', () => {
    expect(parseTransferArgs(['--arms', 'data,together', '--limit', '1.5h', '--per-change'])).toMatchObject({ arms: ['data', 'together'], limitSeconds: 5400, perChange: true, seeds: 3 })
    for (const wrong of [['--arms', 'bigger'], ['--seeds', '0'], ['--scale', '1'], ['--longer', 'x'], ['--limit', '5'], ['--val', 'f'], ['--backend', 'cuda'], ['--sceds', '3']]) {
      expect(() => parseTransferArgs(wrong), wrong.join(' ')).toThrow(expect.objectContaining({ code: 'import.invalid' }))
    }
  })
})
