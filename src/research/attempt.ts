// One attempt from its proposal to its recorded end.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import { Rng } from '../core/rng'
import type { ProgramSpec } from '../graph/program'
import type { Experiment, LabRecord } from '../history/types'
import type { RunEvent } from '../judge/types'
import { findKnobs } from '../sandbox/knobs'
import type { Activity } from '../worker/protocol'
import type { Gate } from './gate'
import type { LabBook } from './labBook'
import type { LoopDeps } from './loop'
import type { Runner } from './runner'
import { Interrupted } from './runner'
import type { Bench, Outcome } from './trial'
import { failedRow, judgeSeeds, refuseDuplicate, statusOf, tryBaseline, tryCandidate } from './trial'
import type { Proposal, ResearchContext } from './types'

interface AttemptDeps extends LoopDeps {
  book: LabBook
  runner: Runner
  gate: Gate
  now: () => number
}

export interface Attempts {
  bench: Bench
  /** Runs the starting program, or the person's if one is queued, as the first incumbent. */
  baseline(): Promise<Experiment>
  /** Proposes and tries the next candidate. @throws controller.* when nothing was proposed */
  next(): Promise<Experiment>
}

const ACTIVITY: Record<Extract<RunEvent, { kind: 'phase' }>['phase'], Activity> = {
  tuning: 'tuning kernels',
  compiling: 'compiling',
  warming: 'warming',
  training: 'training',
  evaluating: 'evaluating',
  checking: 'checking',
}

/** The attempts of one lab, in order, on one bench. */
export function createAttempts(deps: AttemptDeps): Attempts {
  const { book, runner, gate, now, onEvent } = deps
  const repeats = judgeSeeds(book.lab.task).length
  const say = (activity: Activity, number: number | null = null, repeat = 0) =>
    onEvent({ kind: 'activity', activity, number, repeat, repeats })

  const bench: Bench = {
    book,
    async describe(source) {
      const { adapter, vocab } = await runner.ready()
      const { task } = book.lab
      const program = await deps.box.describe({ source, vocab, tier: adapter.tier })
      const where = { vocab, adapter, evaluation: task.evaluation, memoryBytes: task.guards.maxBytes }
      const bytes = deps.predictBytes?.(program, where) ?? 0
      if (bytes > task.guards.maxBytes) throw tooBig(bytes, task.guards.maxBytes)
      return program
    },
    run(row, program, seedIndex, extras) {
      gate.checkStop()
      const { task } = book.lab
      const repeat = seedIndex + 1
      say('compiling', row.number, repeat)
      const job = {
        runId: `${book.lab.labId}/${row.number}/${repeat}`,
        program,
        seed: judgeSeeds(task)[seedIndex],
        budget: task.budget,
        evaluation: task.evaluation,
        guards: task.guards,
        ...extras,
      }
      return runner.run(job, (event) => {
        if (event.kind === 'phase') say(ACTIVITY[event.phase], row.number, repeat)
        onEvent({ kind: 'run', number: row.number, repeat, event })
      })
    },
  }

  async function attempt(
    proposal: Proposal,
    proposer: string,
    fromQueue: boolean,
    trial: (row: Experiment, program: ProgramSpec) => Promise<Outcome>,
  ): Promise<Experiment> {
    const { source } = proposal
    let refusal: LabError | null = null
    let program: ProgramSpec | null = null
    try {
      if (book.incumbent) await refuseDuplicate(book.rows, source)
      program = await bench.describe(source)
    } catch (thrown) {
      refusal = LabError.from(thrown)
      if (!/^(program|sandbox)\./.test(refusal.code)) throw thrown
    }
    gate.checkStop()
    say('committing', book.lab.nextNumber)
    const row = await book.begin(await openFacts(proposal, proposer, program !== null), source, fromQueue)
    onEvent({ kind: 'row', row })
    try {
      const outcome = program
        ? await trial(row, program)
        : { row: failedRow(row, statusOf(refusal!), refusal!, now()), curve: null, weights: null }
      return await close(outcome, source)
    } catch (thrown) {
      if (thrown instanceof Interrupted) await closeStopped(row.number)
      throw thrown
    }
  }

  async function close(outcome: Outcome, source: string): Promise<Experiment> {
    const { row } = outcome
    say('deciding', row.number)
    const advances = row.status === 'keep' || row.status === 'baseline'
    const { weightsSaved } = await book.finish(row, advances ? { incumbent: row.number, trainJs: source } : {}, outcome)
    if (!weightsSaved) {
      const message = `There was no room for the weights of experiment ${row.number}; its scores are safe.`
      const hint = 'Free space to sample text from later models.'
      onEvent({ kind: 'notice', notice: { level: 'warning', message, hint }, error: null })
    }
    onEvent({ kind: 'row', row })
    return row
  }

  async function closeStopped(number: number): Promise<void> {
    const row = book.rows.find((known) => known.number === number)
    if (!row || row.status !== 'running') return
    const error = new LabError('lab.state', 'Stopped by you before it was decided.', {
      hint: 'Nothing to do: it says nothing about the program, which may be tried again.',
    })
    const stopped = failedRow(row, 'crash', error, now())
    await book.finish(stopped, {}, { curve: null, weights: null })
    onEvent({ kind: 'row', row: stopped })
  }

  async function openFacts(proposal: Proposal, proposer: string, readable: boolean) {
    return {
      proposer,
      hypothesis: proposal.hypothesis,
      description: proposal.description.replace(/\s+/g, ' '),
      category: proposal.category,
      expectedDelta: proposal.expectedDelta,
      expectedProbability: proposal.expectedProbability,
      parentNumber: book.lab.incumbent,
      finishedAt: null,
      seeds: [],
      scores: [],
      valBpb: null,
      hiddenBpb: null,
      deltaBpb: null,
      reason: '',
      gates: [],
      measurements: null,
      error: null,
      runs: [],
      programHash: await sha256(proposal.source),
      knobs: readable ? knobValues(proposal.source) : {},
    }
  }

  return {
    bench,
    baseline() {
      const queued = book.lab.queue?.at(0)
      const source = queued?.trainJs ?? book.lab.trainJs
      const proposal = plain(source, 'The unmodified program, to compare everything else with.', 'baseline')
      const fromQueue = queued !== undefined
      return attempt(proposal, 'baseline', fromQueue, (row, program) => tryBaseline(bench, row, program, now))
    },
    async next() {
      const queued = book.lab.queue?.at(0)
      const incumbent = book.incumbent
      if (!incumbent) throw new LabError('lab.internal', 'There is nothing to compare with yet.')
      let proposal: Proposal
      if (queued) {
        proposal = plain(queued.trainJs, queued.hypothesis.trim() || 'A change made by hand.', 'human')
      } else {
        say('proposing', book.lab.nextNumber)
        proposal = await deps.controller.propose(researchContext(book.lab, book.rows, await book.source(incumbent)))
      }
      const proposer = queued ? 'human' : deps.controller.name
      return attempt(proposal, proposer, queued !== undefined, (row, program) => tryCandidate(bench, row, program, now))
    },
  }
}

/** What a controller may see: neither the hidden split's scores nor the judge's seeds. */
export function researchContext(lab: LabRecord, rows: readonly Experiment[], source: string): ResearchContext {
  return {
    lab: { ...lab, task: { ...lab.task, seed: 0 } },
    source,
    knobs: findKnobs(source),
    history: rows.filter((row) => row.status !== 'running').map((row) => ({ ...row, hiddenBpb: null, seeds: [], runs: [] })),
    // the same history and seed propose the same again, so a proposal lost in a kill is made anew
    rng: new Rng(lab.controllerSeed, `propose/${lab.nextNumber}`),
  }
}

function plain(source: string, hypothesis: string, category: string): Proposal {
  const description = category === 'baseline' ? 'baseline' : hypothesis.slice(0, 80)
  return { source, hypothesis, description, category, expectedDelta: null, expectedProbability: null }
}

function knobValues(source: string): Experiment['knobs'] {
  return Object.fromEntries(findKnobs(source).map((knob) => [knob.name, knob.value]))
}

function tooBig(bytes: number, limit: number): LabError {
  const mib = (n: number) => `${Math.ceil(n / 2 ** 20)} MiB`
  return new LabError('program.memory', `The program would need ${mib(bytes)}; the task allows ${mib(limit)}.`, {
    hint: 'Make the model, the batch or the context smaller.',
    data: { bytes, limit },
  })
}
