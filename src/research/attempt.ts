// One attempt from its proposal to its recorded end.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { Experiment, LabRecord, Pending } from '../history/types'
import { findKnobs } from '../sandbox/knobs'
import { programLength } from '../sandbox/length'
import type { Activity } from '../worker/protocol'
import { createResearcher, type ResearcherDeps } from './asking'
import { createBench, judgeSeeds, type Bench } from './bench'
import { forkBegun, forkDecided } from './guide/forks'
import type { Gate } from './gate'
import type { LabBook } from './labBook'
import type { LoopDeps } from './loop'
import { createProposer } from './proposing'
import type { Questions } from './questions'
import { createReflection } from './reflecting'
import { failedRow, refuseDuplicate, skippedRow, statusOf, thoughtRow } from './rows'
import type { Runner } from './runner'
import { Interrupted } from './runner'
import { tryBaseline, tryCandidate, type Outcome } from './trial'
import type { Proposal } from './types'

interface AttemptDeps extends Omit<LoopDeps, 'controller' | 'questions'>, Omit<ResearcherDeps, 'bench'> {
  questions: Questions
  book: LabBook
  runner: Runner
  gate: Gate
  now: () => number
}

/** An attempt as it is begun. */
interface Opening {
  proposal: Proposal
  proposer: string
  /** what its program was made from; null before there is anything */
  base: Experiment | null
  guidance?: Pending['guidance']
  /** what it uses up of the lab: a queued program, a proposal, notes */
  takes: (lab: LabRecord) => Partial<LabRecord>
}

export interface Attempts {
  bench: Bench
  /** Runs the starting program, or the person's if one is queued, as the first incumbent. */
  baseline(): Promise<Experiment>
  /** Proposes and tries the next candidate. @throws controller.* when nothing was proposed */
  next(): Promise<Experiment>
}

/** The attempts of one lab, in order, on one bench. */
export function createAttempts(deps: AttemptDeps): Attempts {
  const { book, runner, gate, now, onEvent } = deps
  const repeats = judgeSeeds(book.lab.task).length
  const say = (activity: Activity, number: number | null = null, repeat = 0) =>
    onEvent({ kind: 'activity', activity, number, repeat, repeats })

  const bench = createBench(deps)
  const researcher = createResearcher({ ...deps, bench })
  const proposer = createProposer({ ...deps, bench, researcher })
  const reflection = createReflection({ book, researcher, onEvent })

  async function attempt(opening: Opening, judge: (row: Experiment) => Promise<Outcome>): Promise<Experiment> {
    // without an adapter there is no attempt
    await runner.ready()
    gate.checkStop()
    say('committing', book.lab.nextNumber)
    const { source } = opening.proposal
    const row = await book.begin(await openFacts(opening), source, opening.base, opening.takes)
    onEvent({ kind: 'row', row })
    try {
      return await close(await judge(row), source)
    } catch (thrown) {
      if (thrown instanceof Interrupted) await closeCut(row.number, 'Stopped by you before it was decided.')
      else if (isOfRun(thrown)) await closeCut(row.number, `It could not be compared: ${LabError.from(thrown).message}`)
      throw thrown
    }
  }

  /** Refuses what cannot or need not run; the rest is tried, from the text that was committed. */
  async function admit(opened: Experiment, trial: (row: Experiment) => Promise<Outcome>): Promise<Outcome> {
    let row = opened
    try {
      if (book.incumbent) refuseDuplicate(book.rows, row)
      const { canonical } = await bench.describe(row)
      row = { ...row, canonicalHash: canonical }
      if (book.incumbent) refuseDuplicate(book.rows, row)
    } catch (thrown) {
      const refusal = LabError.from(thrown)
      if (!/^(program|sandbox|judge)\./.test(refusal.code)) throw thrown
      return unrun(failedRow(row, statusOf(refusal), refusal, now()))
    }
    gate.checkStop()
    return trial(row)
  }

  async function close(outcome: Outcome, source: string): Promise<Experiment> {
    const row = reflection.ofFigures(outcome.row)
    say('deciding', row.number)
    const advances = row.status === 'keep' || row.status === 'baseline'
    const fork = book.lab.fork ? { fork: forkDecided(book.lab.fork, row, book.rows) } : {}
    const lab = advances ? { incumbent: row.number, trainJs: source } : {}
    const { weightsSaved } = await book.finish(row, { ...lab, ...fork }, outcome)
    if (!weightsSaved) {
      const message = `There was no room for the weights of experiment ${row.number}; its scores are safe.`
      const hint = 'Free space to sample text from later models.'
      onEvent({ kind: 'notice', notice: { level: 'warning', message, hint }, error: null })
    }
    onEvent({ kind: 'row', row })
    return row
  }

  /** Closes a row that was cut off before anything could be said of its program. */
  async function closeCut(number: number, why: string): Promise<void> {
    const row = book.rows.find((known) => known.number === number)
    if (!row || row.status !== 'running') return
    const error = new LabError('lab.state', why, {
      hint: 'Nothing to do: it says nothing about the program, which may be tried again.',
    })
    const cut = failedRow(row, 'crash', error, now())
    await book.finish(cut, {}, { curve: null, weights: null })
    onEvent({ kind: 'row', row: cut })
  }

  async function openFacts({ proposal, proposer, base, guidance }: Opening) {
    const length = programLength(proposal.source)
    const best = book.lab.incumbent
    return {
      proposer,
      hypothesis: proposal.hypothesis,
      description: proposal.description.replace(/\s+/g, ' '),
      category: proposal.category,
      expectedDelta: proposal.expectedDelta,
      expectedProbability: proposal.expectedProbability,
      ...(best !== null && base && base.number !== best && { against: best }),
      ...(guidance && { guidance }),
      ...(proposal.parents && { parents: proposal.parents }),
      ...(proposal.cost && { cost: proposal.cost }),
      ...(proposal.screening && { screening: proposal.screening }),
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
      knobs: knobValues(proposal.source),
      ...(length === null ? {} : { length }),
    }
  }

  /** A program of the person's, as the first one of the queue. */
  function fromQueue({ queue }: LabRecord): Partial<LabRecord> {
    return { queue: queue?.slice(1) ?? [] }
  }

  return {
    bench,
    baseline() {
      const queued = book.lab.queue?.at(0)
      const source = queued?.trainJs ?? book.lab.trainJs
      const proposal = plain(source, 'The unmodified program, to compare everything else with.', 'baseline')
      const opening = { proposal, proposer: 'baseline', base: null, takes: queued ? fromQueue : () => ({}) }
      return attempt(opening, (row) => admit(row, (admitted) => tryBaseline(bench, admitted, now)))
    },
    async next() {
      await reflection.catchUp()
      const row = await nextRow()
      await reflection.catchUp()
      return book.rows.find(({ number }) => number === row.number) ?? row
    },
  }

  async function nextRow(): Promise<Experiment> {
    const tried = (row: Experiment) => admit(row, (admitted) => tryCandidate(bench, admitted, now))
    const queued = book.lab.queue?.at(0)
    if (queued) {
      const proposal = plain(queued.trainJs, queued.hypothesis.trim() || 'A change made by hand.', 'human')
      return attempt({ proposal, proposer: 'human', base: book.incumbent, takes: fromQueue }, tried)
    }
    say('proposing', book.lab.nextNumber)
    const word = await proposer.approve(await proposer.propose())
    const { proposal, guidance, base, fork, next } = word.pending
    const opening: Opening = {
      proposal,
      proposer: proposal.proposer ?? researcher.name,
      base: book.rows.find(({ number }) => number === base) ?? book.incumbent,
      guidance,
      takes: (lab) => ({
        pending: next ?? null,
        ...withoutNotes(lab, guidance),
        // an analysis uses up no run of a fork
        ...((fork || lab.fork) && !proposal.isThought && { fork: forkBegun(fork ?? null) }),
      }),
    }
    if (word.kind === 'skip') return attempt(opening, async (row) => unrun(skippedRow(row, word.reason, now())))
    if (proposal.isThought) return attempt(opening, async (row) => unrun(thoughtRow(row, now())))
    return attempt(opening, tried)
  }
}

/** What was read goes; what the person has written since stays. */
function withoutNotes({ notes }: LabRecord, { orders }: Pending['guidance']): Partial<LabRecord> {
  const read = orders.flatMap(({ kind, text }) => (kind === 'note' ? [text] : []))
  if (read.length === 0 || !notes) return {}
  // by their text: a full box may have dropped its oldest meanwhile
  const left = [...notes]
  for (const text of read) if (left.includes(text)) left.splice(left.indexOf(text), 1)
  return { notes: left }
}

const unrun = (row: Experiment): Outcome => ({ row, curve: null, weights: null })

function plain(source: string, hypothesis: string, category: string): Proposal {
  const description = category === 'baseline' ? 'baseline' : hypothesis.slice(0, 80)
  return { source, hypothesis, description, category, expectedDelta: null, expectedProbability: null }
}

/** The values of the knobs; none of a text that is no program. */
function knobValues(source: string): Experiment['knobs'] {
  if (programLength(source) === null) return {}
  return Object.fromEntries(findKnobs(source).map((knob) => [knob.name, knob.value]))
}

/** A failure of a run that the attempt needed, such as the incumbent's; a fault of the lab itself is not. */
function isOfRun(thrown: unknown): boolean {
  return /^(judge|numeric|gpu|program|sandbox)\./.test(LabError.from(thrown).code)
}
