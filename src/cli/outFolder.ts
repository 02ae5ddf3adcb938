// The folder a headless lab lives in: an ordinary git checkout, with the ledger and a lock under .assay/.

import { promises as fs } from 'node:fs'
import { join, resolve } from 'node:path'
import { LabError } from '../core/errors'
import { nodeRepository } from '../history/gitNode'
import { openFileLedger } from '../history/ledgerFile'
import { rebuildLedger } from '../history/recover'
import type { GitRepository } from '../history/git'
import type { LabRecord, Ledger } from '../history/types'

export interface OutFolder {
  path: string
  repo: GitRepository
  ledger: Ledger
  /** the lab that is here already, or null in a new folder */
  lab: LabRecord | null
  /** Lets another process have the folder. */
  release(): Promise<void>
}

/**
 * Opens the folder of a lab, creating it if need be, and keeps other processes out of it.
 * A ledger that was deleted is rebuilt from git.
 * @throws LabError "git.conflict" when the folder holds something else, "lab.state" when another process has it
 */
export async function openOutFolder(out: string): Promise<OutFolder> {
  const path = resolve(out)
  await fs.mkdir(path, { recursive: true })
  const repo = await nodeRepository(path)
  const present = await fs.readdir(path)
  if (present.length > 0 && !present.includes('.assay') && (await repo.rows()).lab === null) {
    throw new LabError('git.conflict', `${path} is not empty and holds no lab.`, {
      hint: 'Choose another folder with --out.',
    })
  }
  await fs.mkdir(join(path, '.assay'), { recursive: true })
  const release = await lockFolder(join(path, '.assay', 'lock'), path)
  try {
    const ledger = await openFileLedger(join(path, '.assay', 'ledger'))
    if ((await ledger.listLabs()).length === 0) await rebuildLedger(repo, ledger)
    return { path, repo, ledger, lab: (await ledger.listLabs()).at(0) ?? null, release }
  } catch (error) {
    await release()
    throw error
  }
}

/**
 * Keeps other processes out of a folder. The lock holds the owner's process id, so that one left by a kill is seen to be stale.
 * @returns lets another process have it. @throws LabError "lab.state" when one has it
 */
export async function lockFolder(file: string, folder: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await fs.writeFile(file, String(process.pid), { flag: 'wx' })
      return () => fs.rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const owner = Number(await fs.readFile(file, 'utf8'))
    if (owner !== process.pid && isRunning(owner)) {
      throw new LabError('lab.state', `Process ${owner} is working in ${folder}.`, {
        hint: `Wait for it or stop it. If it is not a lab, delete ${file}.`,
      })
    }
    await fs.rm(file, { force: true })
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
