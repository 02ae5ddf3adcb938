// The record: a real git repository written with plumbing (blobs, trees, commits, refs).
// The same class serves LightningFS in the page and a directory in Node; only the file system differs.
// Order matters everywhere: objects are durable before a ref names them, refs before the work tree follows,
// so a process killed at any point leaves a repository that opens and passes fsck.

import './nodeGlobals'
import * as git from 'isomorphic-git'
import { LabError } from '../core/errors'
import { readBlobRef, refOrNull, writeBlobRefs } from './gitBlobs'
import type { RepoFs } from './repoFs'
import { storeError } from './storeErrors'
import type { Experiment, LabRecord, Repository, Snapshot } from './types'

const NAMES = ['program.md', 'task.json', 'train.js'] as const // in git's tree order
const RESULTS = 'results.tsv'
const RECEIPTS = 'receipts'
const TRANSFERS = 'transfers'
/** Beside the work tree but never in it: the tab-separated results, receipts, transfers, and the ledger that Node keeps there. */
const UNTRACKED = [`/${RESULTS}`, `/${RECEIPTS}/`, `/${TRANSFERS}/`, '/.assay/']
const AUTHOR = { name: 'Assay', email: 'assay@localhost' }
const BRANCH = /^autoresearch\/[a-z0-9][a-z0-9-]*$/

/** A repository in `dir` of `fs`. Use nodeRepository or browserRepository to get one. */
export class GitRepository implements Repository {
  private readonly fs: RepoFs
  private readonly dir: string
  private readonly now: () => number
  private branch = ''

  /** @param now milliseconds since 1970, for commit times */
  constructor(fs: RepoFs, dir: string, now: () => number = Date.now) {
    this.fs = fs
    this.dir = dir
    this.now = now
  }

  async open(branch: string, snapshot: Snapshot, message: string): Promise<string> {
    if (!BRANCH.test(branch)) {
      throw new LabError('git.conflict', `"${branch}" is not a branch name of a lab.`, {
        hint: 'Use autoresearch/ followed by lower-case letters, digits and dashes.',
      })
    }
    return this.guard('opening the repository', async () => {
      await this.refuseForeign()
      await git.init({ ...this.place(), defaultBranch: branch })
      await this.write('.git/info/exclude', UNTRACKED.map((path) => `${path}\n`).join(''))
      this.branch = branch
      const existing = await refOrNull(this.place(), `refs/heads/${branch}`)
      const head = existing ?? (await this.writeCommit(snapshot, message, []))
      await this.writeRef('HEAD', `refs/heads/${branch}`, true)
      await this.moveTo(head) // also repairs a work tree left behind by a kill
      return head
    })
  }

  async commit(snapshot: Snapshot, message: string, parent: string): Promise<string> {
    return this.guard('committing', async () => {
      const commit = await this.writeCommit(snapshot, message, [parent])
      await this.moveTo(commit, snapshot)
      return commit
    })
  }

  async tagAttempt(n: number, commit: string): Promise<void> {
    await this.guard(`keeping attempt ${n}`, () => this.writeRef(`refs/attempts/${n}`, commit))
  }

  async reset(commit: string): Promise<void> {
    await this.guard('moving the branch', () => this.moveTo(commit))
  }

  async head(): Promise<string> {
    return this.guard('reading the head', () => git.resolveRef({ ...this.place(), ref: `refs/heads/${this.branch}` }))
  }

  async read(commit: string): Promise<Snapshot> {
    return this.guard(`reading commit ${commit.slice(0, 7)}`, async () => {
      const text = async (filepath: string) =>
        new TextDecoder().decode((await git.readBlob({ ...this.place(), oid: commit, filepath })).blob)
      return {
        'program.md': await text('program.md'),
        'train.js': await text('train.js'),
        'task.json': await text('task.json'),
      }
    })
  }

  async saveRow(experiment: Experiment, lab: LabRecord): Promise<void> {
    await this.guard(`keeping row ${experiment.number}`, async () => {
      const text = (row: Experiment | LabRecord) => `${JSON.stringify(row)}\n`
      await writeBlobRefs(this.place(), { [`refs/rows/${experiment.number}`]: text(experiment), 'refs/lab': text(lab) })
    })
  }

  async rows(): Promise<{ lab: LabRecord | null; experiments: Experiment[] }> {
    return this.guard('reading the rows', async () => {
      const names = await git.listRefs({ ...this.place(), filepath: 'refs/rows' })
      const numbers = names.map(Number).sort((a, b) => a - b)
      const read = async (ref: string) => JSON.parse(await readBlobRef(this.place(), ref)) as unknown
      const experiments: Experiment[] = []
      for (const n of numbers) experiments.push((await read(`refs/rows/${n}`)) as Experiment)
      const lab = (await refOrNull(this.place(), 'refs/lab')) ? ((await read('refs/lab')) as LabRecord) : null
      return { lab, experiments }
    })
  }

  async saveReceipt(number: number, issue: number, text: string): Promise<void> {
    await this.guard(`keeping the receipt of experiment ${number}`, () => this.keep(RECEIPTS, `${number}.json`, `${number}/${issue}`, text))
  }

  async saveTransfer(id: string, text: string): Promise<void> {
    await this.guard('keeping the transfer', () => this.keep(TRANSFERS, `${id}.json`, id, text))
  }

  /** A file beside the work tree, and the same in git itself. */
  private async keep(folder: string, file: string, name: string, text: string): Promise<void> {
    if (!(await this.fs.promises.readdir(this.dir)).includes(folder)) await this.fs.promises.mkdir(`${this.dir}/${folder}`)
    await this.write(`${folder}/${file}`, text)
    // the ref last: where it is, the file is
    await writeBlobRefs(this.place(), { [`refs/${folder}/${name}`]: text })
  }

  async receipts(): Promise<{ number: number; issue: number; text: string }[]> {
    return this.guard('reading the receipts', async () => {
      const names = await git.listRefs({ ...this.place(), filepath: 'refs/receipts' })
      const receipts: { number: number; issue: number; text: string }[] = []
      for (const name of names) {
        const [number, issue] = name.split('/').map(Number)
        receipts.push({ number, issue, text: await readBlobRef(this.place(), `refs/receipts/${name}`) })
      }
      return receipts.sort((a, b) => a.number - b.number || a.issue - b.issue)
    })
  }

  async writeResults(tsv: string): Promise<void> {
    await this.guard('writing results.tsv', async () => {
      await this.write(RESULTS, tsv)
      await this.flush()
    })
  }

  async files(): Promise<Record<string, Uint8Array>> {
    return this.guard('reading the repository', async () => {
      const files: Record<string, Uint8Array> = {}
      const present = await this.fs.promises.readdir(this.dir)
      for (const name of ['.git', ...NAMES, RESULTS, RECEIPTS, TRANSFERS]) {
        if (present.includes(name)) await this.collect(name, files)
      }
      return files
    })
  }

  private async collect(path: string, files: Record<string, Uint8Array>): Promise<void> {
    const full = `${this.dir}/${path}`
    if ((await this.fs.promises.stat(full)).isDirectory()) {
      for (const name of (await this.fs.promises.readdir(full)).sort()) await this.collect(`${path}/${name}`, files)
      return
    }
    const content = await this.fs.promises.readFile(full)
    files[path] = typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content)
  }

  private async writeCommit(snapshot: Snapshot, message: string, parent: string[]): Promise<string> {
    const tree: git.TreeObject = []
    for (const path of NAMES) {
      tree.push({ mode: '100644', path, oid: await this.writeBlob(snapshot[path]), type: 'blob' })
    }
    const who = { ...AUTHOR, timestamp: Math.floor(this.now() / 1000), timezoneOffset: 0 }
    const commit = await git.writeCommit({
      ...this.place(),
      commit: {
        tree: await git.writeTree({ ...this.place(), tree }),
        parent,
        author: who,
        committer: who,
        message: `${message.replaceAll('\0', '').trimEnd()}\n`, // git refuses a zero byte in a message
      },
    })
    await this.flush()
    return commit
  }

  /** Branch first, then index and work tree: a kill in between is mended by the next open. */
  private async moveTo(commit: string, known?: Snapshot): Promise<void> {
    const snapshot = known ?? (await this.read(commit))
    await this.writeRef(`refs/heads/${this.branch}`, commit)
    for (const name of NAMES) await this.write(name, snapshot[name])
    await git.add({ ...this.place(), filepath: [...NAMES], force: true })
    await this.flush()
  }

  private async writeRef(ref: string, value: string, symbolic = false): Promise<void> {
    if (!symbolic) await git.readCommit({ ...this.place(), oid: value }) // never name what is not there
    await git.writeRef({ ...this.place(), ref, value, symbolic, force: true })
    await this.flush()
  }

  private writeBlob(text: string): Promise<string> {
    return git.writeBlob({ ...this.place(), blob: new TextEncoder().encode(text) })
  }

  /** A folder with somebody's own commits is left alone. */
  private async refuseForeign(): Promise<void> {
    const branches = await git.listBranches(this.place())
    if (branches.length > 0 && !branches.some((branch) => branch.startsWith('autoresearch/'))) {
      throw new LabError('git.conflict', `${this.dir} already holds another git repository.`, {
        hint: 'Choose an empty folder, or one that a lab made.',
      })
    }
  }

  private async write(path: string, text: string): Promise<void> {
    await this.fs.promises.writeFile(`${this.dir}/${path}`, new TextEncoder().encode(text))
  }

  private async flush(): Promise<void> {
    await this.fs.promises.flush?.()
  }

  private place(): { fs: RepoFs; dir: string } {
    return { fs: this.fs, dir: this.dir }
  }

  private async guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      throw storeError(thrown, doing)
    }
  }
}
