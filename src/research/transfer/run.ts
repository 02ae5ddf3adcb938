// Measures what was planned, one run after another: a pair of every setting on the first seed, then the next seed, then
// the programs between. Whatever has been measured is recorded before the next run begins, and not measured again.

import { LabError } from '../../core/errors'
import type { ArmPlan, TransferRecord, TransferRun, TransferStore } from '../../history/transfers'
import type { RunEvent, RunJob, RunResult } from '../../judge/types'
import { createRunner, Interrupted, type Runner } from '../runner'
import type { TransferDeps, TransferPlan } from './plan'
import { reportOf } from './report'

export interface TransferProgress {
  arm: TransferRun['arm']
  number: number
  seed: number
  /** runs that are over, of how many in all */
  done: number
  total: number
  /** expected until the end */
  secondsLeft: number
}

export type TransferEvent =
  | { kind: 'begin'; progress: TransferProgress }
  | { kind: 'run'; event: RunEvent }
  /** `run` has just been recorded; null at the beginning and the end */
  | { kind: 'record'; record: TransferRecord; run: TransferRun | null }

interface Planned {
  arm: ArmPlan
  number: number
  seed: number
  seconds: number
}

/**
 * Runs a plan, going on from what the store has of it.
 * @param signal ends the run in progress; what came before is kept
 * @returns the record, `finished` unless it was stopped
 * @throws LabError data.*, gpu.* and store.*: what was measured is kept
 */
export async function runTransfer(
  plan: TransferPlan,
  store: TransferStore,
  deps: TransferDeps,
  onEvent: (event: TransferEvent) => void,
  signal?: AbortSignal,
): Promise<TransferRecord> {
  const now = deps.now ?? Date.now
  const before = await store.load(plan.lab.labId, plan.record.id)
  let record: TransferRecord = { ...plan.record, startedAt: before?.startedAt ?? plan.record.startedAt, runs: (before?.runs ?? []).filter((run) => fits(run, plan)) }
  const keep = async (finished: boolean, run: TransferRun | null = null) => {
    const next = { ...record, finished, runs: run ? [...record.runs, run] : record.runs, updatedAt: now() }
    record = { ...next, report: reportOf(next, plan.rows) }
    await store.save(record)
    onEvent({ kind: 'record', record, run })
  }
  await keep(false)
  const all = order(plan)
  const runners = runnersOf(plan, deps)
  const stop = () => runners.abort()
  signal?.addEventListener('abort', stop)
  try {
    for (const [i, next] of all.entries()) {
      if (signal?.aborted) return record
      if (isDone(record, next) || isHopeless(record, next, plan)) continue
      const left = all.slice(i).filter((other) => !isDone(record, other) && !isHopeless(record, other, plan))
      const { arm, number, seed } = next
      onEvent({ kind: 'begin', progress: { arm: arm.arm, number, seed, done: all.length - left.length, total: all.length, secondsLeft: left.reduce((sum, { seconds }) => sum + seconds, 0) } })
      const run = await measure(next, plan, runners, onEvent, now, signal)
      if (run === null) return record
      await keep(false, run)
    }
    await keep(true)
    return record
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** Every run in order. The text changes as seldom as can be: it is handed to the trainer anew each time. */
function order({ record: { plan, seeds } }: TransferPlan): Planned[] {
  const arms = plan.filter(({ refused }) => refused === null)
  const isHome = ({ arm }: ArmPlan) => arm !== 'data' && arm !== 'together'
  const of = (some: ArmPlan[], pick: (programs: number[]) => number[]) =>
    seeds.flatMap((seed) => some.flatMap((arm) => {
      const seconds = arm.pairSeconds / (2 * seeds.length)
      return pick(arm.programs).map((number) => ({ arm, number, seed, seconds }))
    })) // prettier-ignore
  const ends = (programs: number[]) => [programs[0], programs.at(-1)!]
  const between = (programs: number[]) => programs.slice(1, -1)
  const [home, away] = [arms.filter(isHome), arms.filter((arm) => !isHome(arm))]
  return [...of(home, ends), ...of(away, ends), ...of(away, between), ...of(home, between)]
}

function isDone({ runs }: TransferRecord, { arm, number, seed }: Planned): boolean {
  return runs.some((run) => run.arm === arm.arm && run.number === number && run.seed === seed)
}

/** A program that failed in a setting is not tried there again, and without baseline or best there is no pair. */
function isHopeless({ runs }: TransferRecord, { arm, number }: Planned, { links }: TransferPlan): boolean {
  const needed = [number, links[0].row.number, links.at(-1)!.row.number]
  return runs.some((run) => run.arm === arm.arm && run.failure !== null && needed.includes(run.number))
}

/** Whether a run of an earlier call is one of this plan: its arm may have had another size or budget then. */
function fits(run: TransferRun, { record, programs }: TransferPlan): boolean {
  const arm = record.plan.find((planned) => planned.arm === run.arm)
  return arm !== undefined && arm.refused === null && run.scale === arm.scale && programs.get(run.arm)?.has(run.number) === true
}

interface Runners {
  of(arm: ArmPlan): Promise<{ runner: Runner; floorBpb: number | null }>
  abort(): void
}

/** A runner for the text that an arm is measured on; the trainer holds one text at a time. */
function runnersOf({ lab: { task, floorBpb } }: TransferPlan, deps: TransferDeps): Runners {
  let held: { key: string; runner: Runner; floor: number | null } | null = null
  return {
    async of({ dataset }) {
      const key = JSON.stringify(dataset)
      if (held?.key !== key) {
        // known before the first job is made: bounds of a score hang on it
        let first: Awaited<ReturnType<TransferDeps['data']>> | null = await deps.data(dataset, task.tokenizer)
        const floor = key === JSON.stringify(task.dataset) ? floorBpb : first.floorBpb
        const data = async () => {
          const { tokens } = first ?? (await deps.data(dataset, task.tokenizer))
          first = null
          return tokens
        }
        held = { key, floor, runner: createRunner({ trainer: deps.trainer, data }) }
      }
      return { runner: held.runner, floorBpb: held.floor }
    },
    abort: () => held?.runner.abort(),
  }
}

/** One run, or null when it was stopped. @throws LabError "gpu.lost" when the device went twice: that is no word on the program */
async function measure({ arm, number, seed }: Planned, plan: TransferPlan, runners: Runners, onEvent: (event: TransferEvent) => void, now: () => number, signal?: AbortSignal): Promise<TransferRun | null> {
  const { programs, record } = plan
  const { task } = plan.lab
  const at = now()
  const begun = performance.now()
  const { runner, floorBpb } = await runners.of(arm)
  if (signal?.aborted) return null // while the text was being prepared
  const program = programs.get(arm.arm)!.get(number)!
  const grown = Math.max(1, arm.scale ** 3) * (arm.budget.amount / task.budget.amount)
  const job: RunJob = {
    runId: `transfer/${record.id}/${arm.arm}/${number}/${seed}`,
    program,
    seed,
    budget: arm.budget,
    evaluation: task.evaluation,
    // a larger or longer run takes longer: the clock only ends what hangs
    guards: { maxBytes: task.guards.maxBytes, maxWallSeconds: Math.ceil(task.guards.maxWallSeconds * grown) },
    floorBpb,
    scoreHidden: false,
    returnWeights: false,
  }
  let result: RunResult
  try {
    result = await runner.run(job, (event) => onEvent({ kind: 'run', event }))
  } catch (thrown) {
    if (thrown instanceof Interrupted) return null
    throw thrown
  }
  if (!result.ok && result.status === 'device_lost') throw LabError.fromJSON(result.error)
  const { measurements, evidence } = result
  return {
    arm: arm.arm, number, seed, scale: arm.scale, at, wallMs: performance.now() - begun,
    valBpb: result.ok ? result.valBpb : null,
    failure: result.ok ? null : { status: result.status, code: result.error.code, message: result.error.message },
    budget: arm.budget,
    paramCount: measurements?.paramCount ?? null,
    steps: measurements?.steps ?? null,
    tokens: measurements?.tokens ?? null,
    evidence,
  } // prettier-ignore
}
