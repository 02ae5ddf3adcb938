// The launcher and the processes it leads to, as they are started by npm.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunJob } from '../judge/types'
import { createChildTrainer } from './childTrainer'
import { buildNode } from './launch.mjs'

const LAUNCH = join(import.meta.dirname, 'launch.mjs')
let built = ''
let root = ''
beforeAll(async () => {
  built = await buildNode()
  root = mkdtempSync(join(tmpdir(), 'assay-launch-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('launcher', () => {
  it('builds once for the same sources', async () => {
    expect(await buildNode()).toBe(built)
  })

  it('runs a command with its arguments', () => {
    const help = execFileSync(process.execPath, [LAUNCH, 'lab', '--help'], { encoding: 'utf8' })
    expect(help).toContain('--experiments N')
    expect(help).toContain('evolution, tpe, cma-es, halving, random')
  })

  it('passes on how the command ended', () => {
    const wrong = spawnSync(process.execPath, [LAUNCH, 'lab', '--budget', 'soon'], { encoding: 'utf8' })
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('--budget cannot be "soon". Write it like 30s')
    const missing = spawnSync(process.execPath, [LAUNCH, 'paint'], { encoding: 'utf8' })
    expect(missing.status).toBe(2)
    expect(missing.stderr).toContain('lab')
    const noFile = spawnSync(process.execPath, [LAUNCH, 'lab', '--data', 'nowhere.txt', '--out', join(root, 'out')], {
      encoding: 'utf8',
    })
    expect(noFile.status).toBe(1)
    expect(noFile.stdout).toContain('nowhere.txt cannot be read: there is no such file. Check the path.')
  })
})

describe('trainer in a process of its own', () => {
  const job = { runId: 'x' } as RunJob

  it('hands on errors as they were, and can be ended and used again', async () => {
    const trainer = createChildTrainer(pathToFileURL(join(built, 'trainerChild.js')), join(root, 'tuning.json'))
    await expect(trainer.run(job, () => undefined)).rejects.toMatchObject({ name: 'LabError', code: 'lab.state' })
    let settled = false
    const settle = () => (settled = true)
    trainer.run(job, () => undefined).then(settle, settle)
    trainer.terminate()
    await expect(trainer.run(job, () => undefined)).rejects.toMatchObject({ message: expect.stringContaining('no data') })
    expect(settled).toBe(false) // the run that was ended says nothing of its own
    trainer.terminate()
  })

  it('tells of its death, and starts anew', async () => {
    const script = join(root, 'dies.mjs')
    writeFileSync(script, "process.on('message', () => process.exit(3))")
    const trainer = createChildTrainer(pathToFileURL(script), join(root, 'tuning.json'))
    for (const _ of [1, 2]) {
      await expect(trainer.open()).rejects.toMatchObject({ code: 'gpu.lost', message: expect.stringContaining('code 3') })
    }
  })
})
