// Two researchers on paired seeds: for each seed a lab each, on the same task, program, judge's seeds and baseline, run
// by the very loop of any lab; then the best of each again on seeds that neither has seen, because the score that a
// best was chosen by has luck in it.

import { LabError } from '../../core/errors'
import type { Experiment, LabRecord, Ledger, Repository } from '../../history/types'
import { labSnapshot } from '../../history/newLab'
import type { TokenData } from '../../data/types'
import type { Trainer } from '../../judge/types'
import type { Box } from '../../sandbox/contract'
import type { DuelOptions, DuelPair, DuelReport } from '../../worker/researchProtocol'
import { createLoop, type LoopEvent, type PredictBytes } from '../loop'
import { triesOf } from '../outcomes'
import { freshSeeds } from '../transfer/plan'
import type { Controller } from '../types'
import { measureBests } from './bests'
import { newDuel, sideLab, withPairs } from './options'
import { reportOf, sideOf } from './report'
import { sharingBaselines, watched } from './sides'

type Side = 'a' | 'b'

/** Where the lab of one side is kept; `release` lets others have it. */
export interface Place {
  ledger: Ledger
  repo: Repository
  release(): Promise<void>
}

export interface DuelDeps {
  /** this job's alone */
  trainer: Trainer
  box: Box
  predictBytes: PredictBytes
  /** a fresh copy each time: the trainer takes the arrays over */
  data(): Promise<TokenData>
  /** Who proposes in a lab; nobody is there to be asked. */
  researcherOf(lab: LabRecord): { controller: Controller; dispose(): void }
  place(lab: LabRecord): Promise<Place>
  now?: () => number
}

export interface DuelStore {
  /** The report of that name, about any lab: duels of the same task and program are the same. */
  load(id: string): Promise<DuelReport | null>
  save(report: DuelReport): Promise<void>
}

export type DuelEvent =
  | { kind: 'report'; report: DuelReport }
  | { kind: 'loop'; seed: number; side: Side; event: LoopEvent }

/**
 * Runs a duel, going on from what the store and the places have of it.
 * @param start the lab whose task and program it is about
 * @param signal ends the run in progress; what came before is kept
 * @returns the report, `finished` unless it was stopped
 * @throws LabError lab.state for options out of range; controller.*, key.* where a researcher cannot be reached;
 *   data.*, gpu.*, store.*: what was measured is kept
 */
export async function runDuel(start: LabRecord, options: DuelOptions, store: DuelStore, deps: DuelDeps, onEvent: (event: DuelEvent) => void, signal: AbortSignal): Promise<DuelReport> {
  const now = deps.now ?? Date.now
  const { backend } = await deps.trainer.open()
  const fresh = await newDuel(start, options, backend, now())
  const kept = (await store.load(fresh.id)) ?? fresh
  let report = withPairs({ ...kept, labId: start.labId }, options, start.task.seed)
  const tell = (change: Partial<DuelReport>) => {
    report = reportOf({ ...report, ...change, updatedAt: now() })
    onEvent({ kind: 'report', report })
  }
  const keep = async (change: Partial<DuelReport>) => {
    tell(change)
    await store.save({ ...report, at: null })
  }
  const patch = (seed: number, change: (pair: DuelPair) => DuelPair) => report.pairs.map((pair) => (pair.seed === seed ? change(pair) : pair))
  const pairOf = (seed: number) => report.pairs.find((pair) => pair.seed === seed)!
  await keep({ at: null })
  for (const [i, { seed }] of report.pairs.entries()) {
    const trainer = sharingBaselines(deps.trainer)
    // who begins takes turns: a machine that grows slower is nobody's advantage
    for (const side of i % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const)) {
      if (signal.aborted) break
      if (!pairOf(seed)[side].isDone) await fight(seed, side, trainer)
    }
    if (signal.aborted) break
    await settle(seed)
  }
  await keep({ at: null })
  return report

  /** Runs one side's lab to its end, or until it is stopped. */
  async function fight(seed: number, side: Side, trainer: Trainer): Promise<void> {
    const first = sideLab(start, report, seed, side, now())
    const researcher = deps.researcherOf(first)
    const place = await deps.place(first)
    try {
      const lab = (await place.ledger.loadLab(first.labId)) ?? first
      await place.ledger.saveLab(lab)
      await place.repo.open(lab.branch, labSnapshot(lab), 'The program that both sides start from')
      const read = async () => ({ lab: (await place.ledger.loadLab(lab.labId))!, rows: await place.ledger.listExperiments(lab.labId) })
      const { controller, heard } = watched(researcher.controller)
      const rows = new Map((await read()).rows.map((row) => [row.number, row]))
      const hear = (event: LoopEvent) => {
        onEvent({ kind: 'loop', seed, side, event })
        if (event.kind === 'row' && event.row.status !== 'running') rows.set(event.row.number, event.row)
        if (event.kind === 'row') tell({ pairs: patch(seed, (pair) => ({ ...pair, [side]: sideOf(pair[side], lab, [...rows.values()]) })) })
        else if (event.kind === 'run' && event.event.kind === 'progress') {
          const tries = triesOf([...rows.values()]).length
          const experiment = event.number === 0 && tries === 0 ? 0 : tries + 1
          tell({ at: { seed, side, experiment, progress: event.event.progress } })
        }
      }
      // a lab ends by itself where nothing more is to be expected; here both have the same budget, so it goes on
      for (let tries = -1; ; ) {
        const before = await read()
        const done = triesOf(before.rows).length
        const isBlocked = done === tries && !signal.aborted
        if (isBlocked && !heard().isOut) throw heard().failure ?? stuck(before.lab)
        const isDone = done >= options.experiments || isBlocked
        const ended = isBlocked && done < options.experiments ? (before.lab.end?.evidence ?? 'It did not go on.') : null
        await keep({ pairs: patch(seed, (pair) => ({ ...pair, [side]: { ...sideOf(pair[side], before.lab, before.rows), isDone, ended } })) })
        if (isDone || signal.aborted) return
        tries = done
        await drive({ ...place, labId: lab.labId, controller, trainer, onEvent: hear })
      }
    } finally {
      researcher.dispose()
      await place.release()
    }
  }

  async function drive(parts: Pick<Parameters<typeof createLoop>[0], 'ledger' | 'repo' | 'labId' | 'controller' | 'trainer' | 'onEvent'>): Promise<void> {
    let failure: LabError | null = null
    const loop = createLoop({
      ...parts,
      box: deps.box,
      predictBytes: deps.predictBytes,
      data: deps.data,
      unattended: true,
      now,
      onEvent(event) {
        parts.onEvent(event)
        if (event.kind === 'notice') failure = event.error
      },
    })
    const stop = () => void (loop.phase === 'running' && loop.stop())
    signal.addEventListener('abort', stop)
    try {
      loop.start()
      await loop.settled()
    } finally {
      signal.removeEventListener('abort', stop)
    }
    if (loop.phase === 'failed') throw failure ?? new LabError('lab.internal', 'A lab of the duel failed.')
  }

  /** Measures the bests of a pair on fresh seeds, where that has not been done. */
  async function settle(seed: number): Promise<void> {
    const sides = await Promise.all((['a', 'b'] as const).map((side) => bestOf(seed, side)))
    const rows = sides.flatMap((best) => best.rows)
    const fresh = freshSeeds(seed, rows, options.fresh)
    await keep({ pairs: patch(seed, (pair) => ({ ...pair, fresh })) })
    await measureBests({
      task: { ...start.task, seed },
      floorBpb: start.floorBpb,
      sources: { a: sides[0].source, b: sides[1].source },
      scores: () => ({ a: pairOf(seed).a.freshScores, b: pairOf(seed).b.freshScores }),
      seeds: fresh,
      deps,
      signal,
      onScore: (side, freshScores) => keep({ pairs: patch(seed, (pair) => ({ ...pair, [side]: { ...pair[side], freshScores } })) }),
      onProgress: (side, progress) => tell({ at: { seed, side, experiment: null, progress } }),
    })
  }

  async function bestOf(seed: number, side: Side): Promise<{ rows: Experiment[]; source: string }> {
    const lab = sideLab(start, report, seed, side, now())
    const place = await deps.place(lab)
    try {
      await place.repo.open(lab.branch, labSnapshot(lab), 'The program that both sides start from')
      const rows = await place.ledger.listExperiments(lab.labId)
      const best = rows.findLast(({ status }) => status === 'keep' || status === 'baseline')
      if (!best) throw new LabError('lab.state', `${lab.name} has no baseline.`, { hint: 'Mend the program that the duel starts from.' })
      return { rows, source: (await place.repo.read(best.commit))['train.js'] }
    } finally {
      await place.release()
    }
  }
}

/** Not the researcher's doing: its lab cannot go on, and what is in its way may be mended. */
function stuck({ name, end }: LabRecord): LabError {
  return new LabError('lab.state', `${name} does not go on: ${end?.evidence ?? 'it says nothing of why'}`, { hint: 'Mend it and begin again: what was measured is kept.' })
}
