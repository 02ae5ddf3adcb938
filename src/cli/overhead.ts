// npm run lab -- overhead: what an experiment costs beside training and evaluation, in a real lab with runs so short
// that little else is left.

import { LabError } from '../core/errors'
import type { Trainer } from '../judge/types'
import type { LoopEvent } from '../research/loop'
import { isTry } from '../research/outcomes'
import type { Box } from '../sandbox/contract'
import type { LabArgs } from './args'
import { EXIT, runHeadless, type Parts } from './headless'
import type { Report, Terminal } from './report'

/** What the command assumes where the person says nothing. */
export const OVERHEAD_DEFAULTS = ['--experiments', '30', '--budget', '1s', '--out', 'overhead']

export const OVERHEAD_HELP = `Usage: npm run lab -- overhead [options]

Measures what an experiment costs beside training and evaluation: proposing, the box, compiling from what is cached,
warming up, the commit, the decision and its rows. A real lab with short runs; repeats are part of their experiment.
Most of it does not hang on how long a run trains, so it is given as a share of an experiment of 60 s.

  --experiments N   how many (default: 30); the first ten are compared with the last ten, as the record grows
  --budget AMOUNT   for each run (default: 1s)
  --controller NAME who proposes (default: the first); one that asks a language model is not what this measures
  --out DIR         where the lab goes (default: overhead); run again with more experiments for a longer record
  and --data, --val, --tokenizer, --rule, --seed, --backend, --json as for npm run lab`

/** What time goes into; the last two are what a lab is for. */
const PARTS = ['proposing', 'box', 'committing', 'compiling', 'warming', 'deciding', 'tuning kernels', 'training', 'evaluating'] as const
type Part = (typeof PARTS)[number]

const LABELS: Record<Part, string> = {
  proposing: 'propose',
  box: 'box: run train.js, read what it describes',
  committing: 'commit, open the row',
  compiling: 'plan, compile from the cache',
  warming: 'warm up',
  deciding: 'decide, close the row, git, results.tsv, receipt',
  'tuning kernels': 'choose kernels (once an adapter)',
  training: 'train',
  evaluating: 'evaluate, check the trained model',
}
const BESIDE: readonly Part[] = ['proposing', 'box', 'committing', 'compiling', 'warming', 'deciding']

/** Milliseconds of one experiment by part. */
export type Times = Record<Part, number>

const EXPERIMENT_MS = 60_000
const GROUP = 10

/** Runs the lab and prints the table. @returns the exit code */
export async function overhead(args: LabArgs, parts: Parts, report: Report, stop: AbortSignal, terminal: Terminal): Promise<number> {
  const clock = stopwatch(() => performance.now())
  const told: Report = {
    ...report,
    event(event) {
      clock.hear(event)
      report.event(event)
    },
    end() {},
  }
  const code = await runHeadless(args, { ...parts, trainer: clock.trainer(parts.trainer), box: clock.box(parts.box) }, told, stop)
  if (code !== EXIT.done) return code
  const { experiments } = clock
  if (experiments.length === 0) {
    throw new LabError('lab.state', `All ${args.experiments} experiments of ${args.out} have been run.`, { hint: 'Ask for more, or name another folder with --out.' })
  }
  const groups: Record<string, Times> = experiments.length < 2 * GROUP ? { all: meanOf(experiments) } : { 'first ten': meanOf(experiments.slice(0, GROUP)), 'last ten': meanOf(experiments.slice(-GROUP)), all: meanOf(experiments) }
  if (args.json) terminal.write(`${JSON.stringify({ event: 'overhead', experiments: experiments.length, groups })}\n`)
  else for (const line of overheadLines(groups)) report.say(line)
  return EXIT.done
}

/** Of an experiment, in milliseconds: everything but training and evaluation, and the choice of kernels. */
export function besideOf(times: Times): number {
  return BESIDE.reduce((sum, part) => sum + times[part], 0)
}

function overheadLines(groups: Record<string, Times>): string[] {
  const names = Object.keys(groups)
  const ms = (value: number) => value.toFixed(1)
  const rows = [
    ['milliseconds an experiment', ...names],
    ...PARTS.map((part) => [LABELS[part], ...names.map((name) => ms(groups[name][part]))]),
    ['beside training and evaluation', ...names.map((name) => ms(besideOf(groups[name])))],
    ['of an experiment of 60 s', ...names.map((name) => `${((100 * besideOf(groups[name])) / EXPERIMENT_MS).toFixed(2)} %`)],
  ]
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  return ['', ...rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))]
}

/** Divides time among the parts: what the loop says it is at, and exactly when box and trainer are. */
export function stopwatch(now: () => number) {
  const experiments: Times[] = []
  const decided = new Set<number>()
  /** null before the first proposal: the baseline and what precedes it are not an experiment's */
  let times: Times | null = null
  let part: Part = 'proposing'
  let since = now()

  function turn(next: Part): Part {
    const before = part
    const at = now()
    if (times) times[before] += at - since
    part = next
    since = at
    return before
  }

  return {
    experiments,
    hear(event: LoopEvent) {
      // a repetition is no experiment: what it took is the next one's
      if (event.kind === 'row' && isTry(event.row) && !decided.has(event.row.number)) {
        decided.add(event.row.number)
        turn('deciding')
        if (times) experiments.push(times)
        times = none()
      }
      if (event.kind !== 'activity') return
      const { activity } = event
      if (activity === 'checking') turn('evaluating')
      else if (activity === 'screening') turn('training')
      else if ((PARTS as readonly string[]).includes(activity)) turn(activity as Part)
      if (activity === 'proposing') times ??= none()
    },
    box: (box: Box): Box => ({
      async describe(request) {
        const before = turn('box')
        try {
          return await box.describe(request)
        } finally {
          turn(before)
        }
      },
      close: () => box.close(),
    }),
    trainer: (trainer: Trainer): Trainer => ({
      ...trainer,
      async run(job, onEvent) {
        // short runs that a proposal is chosen by are training, whatever their phases
        const isScreening = part === 'training'
        const before = { ...(times ?? none()) }
        const result = await trainer.run(job, onEvent)
        turn(isScreening ? 'proposing' : 'deciding')
        // the phase tells of training late; the run's own clock began with the end of the warm-up
        const trainMs = result.measurements?.trainMs
        if (times && !isScreening && trainMs !== undefined) {
          const both = times.warming + times.training - before.warming - before.training
          times.training = before.training + Math.min(both, trainMs)
          times.warming = before.warming + both - Math.min(both, trainMs)
        }
        return result
      },
    }),
  }
}

function none(): Times {
  return Object.fromEntries(PARTS.map((part) => [part, 0])) as Times
}

function meanOf(all: readonly Times[]): Times {
  return Object.fromEntries(PARTS.map((part) => [part, all.reduce((sum, times) => sum + times[part], 0) / all.length])) as Times
}
