// Where programs are run: read back from their commit, described in the box, sized, and trained on one of the
// judge's seeds. What runs is what is recorded, or it does not run.

import { canonicalHash } from '../graph/canonical'
import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { ProgramSpec } from '../graph/program'
import type { Experiment, RunPurpose } from '../history/types'
import type { Course } from '../judge/schedule'
import type { Task } from '../judge/task'
import type { AdapterInfo, GateResult, RunEvent, RunResult, Tier } from '../judge/types'
import type { Activity } from '../worker/protocol'
import type { Gate } from './gate'
import type { LabBook } from './labBook'
import type { LoopDeps } from './loop'
import type { Runner } from './runner'
import { screen, screenJob } from './screen'
import type { Feasibility, ResearchContext } from './types'

export interface RunExtras {
  purpose: RunPurpose
  scoreHidden: boolean
  returnWeights: boolean
  /** the course of an earlier run, to be taken again */
  follow?: Course
}

/** A run as it came back, and what it cost. */
export interface BenchRun {
  result: RunResult
  purpose: RunPurpose
  /** everything included */
  wallMs: number
}

export interface Bench {
  book: LabBook
  /**
   * The program of a row, from the text of its commit.
   * @throws LabError "judge.program" when that is not the text the row names; program.*, sandbox.*
   */
  describe(row: Experiment): Promise<{ program: ProgramSpec; canonical: string }>
  /** What a text that nobody has committed yet would need. @throws LabError program.*, sandbox.* */
  check(source: string): Promise<Feasibility>
  /** What it describes whatever it calls things (Experiment.canonicalHash); null where it cannot be run. */
  canonical(source: string): Promise<string | null>
  /** Trains a text that nobody has committed for a share of the budget, judging nothing. See ResearchContext.screen. */
  screen: NonNullable<ResearchContext['screen']>
  /** Runs a row's program on the judge's seed `index`. Never rejects for a failure of the program. */
  run(row: Experiment, index: number, extras: RunExtras): Promise<BenchRun>
}

export interface BenchDeps extends Pick<LoopDeps, 'box' | 'predictBytes' | 'onEvent'> {
  book: LabBook
  runner: Runner
  gate: Gate
}

const ACTIVITY: Record<Extract<RunEvent, { kind: 'phase' }>['phase'], Activity> = {
  tuning: 'tuning kernels',
  compiling: 'compiling',
  warming: 'warming',
  training: 'training',
  evaluating: 'evaluating',
  checking: 'checking',
}

/** The judge's seeds in the order of use. The plain rule uses one. */
export function judgeSeeds(task: Task): number[] {
  const count = task.keepRule.kind === 'plain' ? 1 : Math.max(2, task.keepRule.repeats)
  return Array.from({ length: count }, (_, i) => (task.seed + i) >>> 0)
}

/** The bench of one lab. */
export function createBench({ box, predictBytes, onEvent, book, runner, gate }: BenchDeps): Bench {
  const seeds = judgeSeeds(book.lab.task)
  const say = (activity: Activity, number: number, repeat: number) =>
    onEvent({ kind: 'activity', activity, number, repeat, repeats: seeds.length })
  // the same program is run several times in a row
  let last: { hash: string; tier: Tier; described: { program: ProgramSpec; canonical: string; bytes: number } } | null = null

  async function describe(row: Experiment) {
    const source = await book.source(row)
    const hash = await sha256(source)
    if (hash !== row.programHash) throw otherProgram(row, hash)
    return described(source, hash)
  }

  async function described(source: string, hash: string) {
    const { adapter, vocab } = await runner.ready()
    if (last?.hash === hash && last.tier === adapter.tier) return last.described
    const program = await box.describe({ source, vocab, tier: adapter.tier })
    const bytes = sized(program, vocab, adapter)
    last = { hash, tier: adapter.tier, described: { program, canonical: await canonicalHash(program), bytes } }
    return last.described
  }

  /** Predicted bytes of a program. @throws LabError "program.memory" */
  function sized(program: ProgramSpec, vocab: number, adapter: AdapterInfo): number {
    const { evaluation, guards } = book.lab.task
    const bytes = predictBytes?.(program, { vocab, adapter, evaluation, memoryBytes: guards.maxBytes }) ?? 0
    if (bytes > guards.maxBytes) throw tooBig(bytes, guards.maxBytes)
    return bytes
  }

  return {
    book,
    describe,
    async check(source) {
      const { adapter } = await runner.ready()
      const { program, bytes } = await described(source, await sha256(source))
      const paramCount = program.graph.params.reduce((sum, { shape }) => sum + shape.reduce((n, dim) => n * dim, 1), 0)
      return { paramCount, predictedBytes: bytes, allowedBytes: book.lab.task.guards.maxBytes, tier: adapter.tier }
    },
    async canonical(source) {
      try {
        return (await described(source, await sha256(source))).canonical
      } catch (thrown) {
        if (/^(program|sandbox)\./.test(LabError.from(thrown).code)) return null
        throw thrown
      }
    },
    async screen(source, share) {
      gate.checkStop()
      const { program } = await described(source, await sha256(source))
      say('screening', book.lab.nextNumber, 0)
      return screen(runner, screenJob(book.lab, program, share, `${book.lab.labId}/${book.lab.nextNumber}/screen`))
    },
    async run(row, index, { purpose, ...extras }) {
      gate.checkStop()
      const begun = performance.now()
      const repeat = index + 1
      const seed = seeds[index]
      const { labId, task, floorBpb } = book.lab
      const runId = `${labId}/${row.number}/${repeat}${purpose === 'jump' || purpose === 'recheck' ? `/${purpose}` : ''}`
      say('compiling', row.number, repeat)
      const wall = (result: RunResult): BenchRun => ({ result, purpose, wallMs: performance.now() - begun })
      let program: ProgramSpec
      try {
        ;({ program } = await describe(row))
      } catch (thrown) {
        const error = LabError.from(thrown)
        if (error.code !== 'judge.program') throw thrown
        return wall({ ok: false, runId, seed, status: 'checks_failed', error: error.toJSON(), measurements: null, evidence: null })
      }
      const { budget, evaluation, guards } = task
      const job = { runId, program, seed, budget, evaluation, guards, floorBpb, ...extras }
      const result = await runner.run(job, (event) => {
        if (event.kind === 'phase') say(ACTIVITY[event.phase], row.number, repeat)
        onEvent({ kind: 'run', number: row.number, repeat, event })
      })
      if (!result.ok) return wall(result)
      return wall({ ...result, gates: [...result.gates, committed(row)] })
    },
  }
}

function committed({ commit, programHash }: Experiment): GateResult {
  const detail = `train.js of commit ${commit.slice(0, 7)} was read back; its hash is ${programHash.slice(0, 12)}…, as recorded`
  return { gate: 'program', passed: true, detail }
}

function otherProgram({ number, commit, programHash }: Experiment, hash: string): LabError {
  const message = `train.js of commit ${commit.slice(0, 7)} is not the program of experiment ${number}: its hash is ${hash.slice(0, 12)}…, not ${programHash.slice(0, 12)}…`
  return new LabError('judge.program', message, {
    hint: 'The repository or the record was changed from outside. Start a new lab, or restore the folder from a copy.',
    data: { number },
  })
}

function tooBig(bytes: number, limit: number): LabError {
  const mib = (n: number) => `${Math.ceil(n / 2 ** 20)} MiB`
  return new LabError('program.memory', `The program would need ${mib(bytes)}; the task allows ${mib(limit)}.`, {
    hint: 'Make the model, the batch or the context smaller.',
    data: { bytes, limit },
  })
}
