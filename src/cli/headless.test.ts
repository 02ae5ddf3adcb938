// The whole command but for the GPU: real data, box, loop, git and files; scores from a scripted trainer.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LabError } from '../core/errors'
import type { BackendName, RunJob } from '../judge/types'
import { ADAPTER, landscapeOf, scriptedBox, scriptedTrainer } from '../research/testing'
import { defaultProgram } from '../sandbox/defaultProgram'
import { findKnobs } from '../sandbox/knobs'
import { parseLabArgs } from './args'
import { EXIT, runHeadless } from './headless'
import { jsonReport, textReport } from './report'
import { textData, textSource } from './textData'

let root = ''
let out = ''
let data = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-cli-'))
  out = join(root, 'out')
  data = join(root, 'text.txt')
  writeFileSync(data, story('fox'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Text of many different documents. */
function story(hero: string): string {
  return Array.from({ length: 300 }, (_, i) => `The quick brown ${hero} jumps over ${i} lazy dogs.`).join('\n\n')
}

type Line = { event: string; [key: string]: unknown }

/** Runs the command in this process; `before` is called ahead of each run on the trainer. */
async function lab(options: string, before?: (job: RunJob, stop: AbortController) => Promise<void> | void, backend: BackendName = 'webgpu') {
  const lines: Line[] = []
  const stop = new AbortController()
  const trainer = scriptedTrainer(landscapeOf(findKnobs(defaultProgram('software')), 3), 0.002)
  trainer.open = async () => ({ ...ADAPTER, backend })
  if (before) trainer.before = (job) => before(job, stop)
  const args = parseLabArgs(`--json --out ${out} ${options}`.split(' '), ['evolution', 'random'])
  const report = jsonReport({ write: (text: string) => lines.push(JSON.parse(text) as Line) })
  const parts = { trainer, box: scriptedBox(), source: textSource, prepare: textData }
  const code = await runHeadless(args, parts, report, stop.signal)
  return { code, lines, end: lines.at(-1)!, rows: tsv() }
}

/** Without the lab's own written reviews. */
const tried = (rows: string[][]) => rows.filter(([, , , status]) => status !== 'thought')

const tsv = () => readFileSync(join(out, 'results.tsv'), 'utf8').trim().split('\n').slice(1).map((row) => row.split('\t'))

function git(...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' }
  return execFileSync('git', args, { cwd: out, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

describe('headless lab', () => {
  it('runs its experiments and leaves a repository that git reads', async () => {
    const { code, end, rows } = await lab(`--data ${data} --experiments 6`)
    expect(code).toBe(EXIT.done)
    expect(end).toMatchObject({ event: 'end', finished: true, out })
    expect(tried(rows)).toHaveLength(7)
    expect(rows[0][3]).toBe('keep')
    expect(git('status', '--porcelain')).toBe('')
    expect(git('fsck', '--full', '--strict')).not.toMatch(/error|missing|broken/)
    const kept = rows.filter((row) => row[3] === 'keep').map(([commit]) => commit)
    expect(git('log', '--reverse', '--format=%h', '--abbrev=7').split('\n')).toEqual(kept)
    git('clone', '-q', '.', join(root, 'clone'))
    expect(existsSync(join(root, 'clone', 'train.js'))).toBe(true)
  })

  it('goes on where it was, without the data file, and does no more than asked', async () => {
    await lab(`--data ${data} --experiments 2`)
    rmSync(data)
    expect(tried((await lab('--experiments 4')).rows)).toHaveLength(5)
    const again = await lab('--experiments 4')
    expect(tried(again.rows)).toHaveLength(5)
    expect(again.end).toMatchObject({ finished: true })
    expect(again.lines.filter(({ event }) => event === 'row')).toEqual([])
  })

  it('closes the current experiment honestly on Ctrl-C, and goes on afterwards', async () => {
    const stopped = await lab(`--data ${data} --experiments 3`, async (job, stop) => {
      if (!job.runId.includes('/2/')) return
      setTimeout(() => stop.abort())
      await new Promise(() => undefined) // a run that would never end by itself
    })
    expect(stopped.code).toBe(EXIT.interrupted)
    expect(stopped.rows.at(-1)?.[3]).toBe('crash')
    expect(existsSync(join(out, '.assay', 'lock'))).toBe(false)
    expect(git('status', '--porcelain')).toBe('')
    const { code, end, rows } = await lab('--experiments 3')
    expect(code).toBe(EXIT.done)
    expect(end).toMatchObject({ finished: true })
    expect(tried(rows)).toHaveLength(5) // the baseline, three, and the one that was cut off
  })

  it('rebuilds a deleted ledger from git', async () => {
    await lab(`--data ${data} --experiments 3`)
    const before = tsv()
    rmSync(join(out, '.assay', 'ledger'), { recursive: true })
    const { rows } = await lab('--experiments 4')
    expect(rows.slice(0, 4)).toEqual(before)
    expect(tried(rows)).toHaveLength(5)
  })

  it('says in one line that the earlier rows were measured on another backend, and only then', async () => {
    const about = ({ lines }: Awaited<ReturnType<typeof lab>>) => lines.flatMap(({ event, text }) => (event === 'say' && /measured on/.test(String(text)) ? [text] : []))
    expect(about(await lab(`--data ${data} --experiments 1`))).toEqual([])
    expect(about(await lab('--experiments 2'))).toEqual([])
    const [said, ...more] = about(await lab('--experiments 3', undefined, 'wasm'))
    expect(more).toEqual([])
    expect(said).toMatch(/were measured on a graphics adapter.* now it trains on a processor.*--backend webgpu/)
    expect(said).not.toContain('\n')
  })

  it('ends at its target, and goes on with another', async () => {
    const { code, rows, end } = await lab(`--data ${data} --experiments 6 --target 100`)
    expect(code).toBe(EXIT.done)
    expect(rows).toHaveLength(1)
    expect(end).toMatchObject({ finished: true, end: { kind: 'CONVERGED', by: 'target' } })
    expect((await lab('--experiments 2 --target 0.1')).rows.length).toBeGreaterThanOrEqual(3)
  })

  it('refuses to go on with something else, and says what', async () => {
    await lab(`--data ${data} --experiments 1 --seed 4`)
    writeFileSync(data, story('hen'))
    await expect(lab(`--data ${data} --seed 5`)).rejects.toMatchObject({
      code: 'lab.state',
      message: expect.stringContaining('--data and --seed'),
    })
    expect((await lab('--experiments 1 --seed 4')).code).toBe(EXIT.done)
  })

  it('ends, and says so, when a person would be needed', async () => {
    const { code, lines } = await lab(`--data ${data} --experiments 3`, (job) => {
      if (job.runId.includes('/0/')) throw new LabError('gpu.shader', 'The driver refused it.', { hint: 'Another one.' })
    })
    expect(code).toBe(EXIT.failed)
    expect(lines.some(({ event, notice }) => event === 'notice' && (notice as { message: string } | null)?.message.startsWith('BLOCKED: '))).toBe(true)
    expect((await lab('--experiments 1')).code).toBe(EXIT.done)
  })
})

describe('where it will not work', () => {
  it('is a folder with other things in it', async () => {
    out = root
    await expect(lab('--experiments 1')).rejects.toMatchObject({ code: 'git.conflict' })
    expect(readFileSync(data, 'utf8')).toContain('quick')
  })

  it('is a folder that another process works in, until that process is gone', async () => {
    await lab(`--data ${data} --experiments 1`)
    const file = join(out, '.assay', 'lock')
    writeFileSync(file, String(process.ppid))
    await expect(lab('--experiments 2')).rejects.toMatchObject({ code: 'lab.state' })
    writeFileSync(file, '999999999')
    expect((await lab('--experiments 2')).code).toBe(EXIT.done)
  })

  it('is a file that is missing, empty or no text', async () => {
    await expect(lab(`--data ${join(root, 'none')}`)).rejects.toMatchObject({ code: 'data.fetch' })
    writeFileSync(data, '')
    await expect(lab(`--data ${data}`)).rejects.toMatchObject({ code: 'data.empty' })
    writeFileSync(data, new Uint8Array(5000).map((_, i) => i * 37))
    await expect(lab(`--data ${data}`)).rejects.toMatchObject({ code: 'data.binary' })
    await expect(lab(`--data ${data} --val https://example.org/x.txt`)).rejects.toMatchObject({ code: 'import.invalid' })
  })
})

describe('progress for people', () => {
  const progress = {
    kind: 'run' as const,
    number: 3,
    repeat: 1,
    event: {
      kind: 'progress' as const,
      runId: 'x',
      progress: 0.42,
      points: [{ step: 9, tokens: 1, trainMs: 1, loss: 2.5 }],
      stepMs: 31.4,
      tokensPerSecond: 4123.4,
      bytesAllocated: 1,
    },
  }
  const activity = { kind: 'activity' as const, activity: 'training' as const, number: 3, repeat: 1, repeats: 3 }

  it('is one line that is rewritten on a terminal', () => {
    let text = ''
    const report = textReport({ write: (more) => (text += more), isTTY: true, columns: 200 })
    report.event(activity)
    report.event(progress)
    report.say('remark')
    expect(text).toContain('\r\x1b[K#3 · run 1 of up to 3 · training · 42 % · 31 ms/step · 4,123 tokens/s · loss 2.500')
    expect(text).toContain('\r\x1b[Kremark\n\r\x1b[K#3 ')
  })

  it('is left out of a file', () => {
    let text = ''
    const report = textReport({ write: (more) => (text += more) })
    report.event(activity)
    report.event(progress)
    report.say('remark')
    expect(text).toBe('remark\n')
  })

  it('comes at most once a second in JSON', () => {
    let time = 5000
    const lines: string[] = []
    const report = jsonReport({ write: (line) => lines.push(line) }, () => time)
    for (time of [5000, 5400, 5999, 6000]) report.event(progress)
    const { progress: done, stepMs, tokensPerSecond, bytesAllocated } = progress.event
    const expected = { number: 3, repeat: 1, progress: done, stepMs, tokensPerSecond, bytesAllocated, loss: 2.5 }
    expect(lines.map((line) => JSON.parse(line))).toEqual(Array(2).fill({ event: 'progress', ...expected }))
  })
})
