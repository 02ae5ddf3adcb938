// What may be asked of a duel, and the labs that it is made of.

import { canonicalJson } from '../../core/canonicalJson'
import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import type { LabRecord } from '../../history/types'
import { frozenCode } from '../../judge/evidence'
import type { BackendName } from '../../judge/types'
import type { DuelOptions, DuelReport } from '../../worker/researchProtocol'
import { reportOf, untried } from './report'

/** Far enough apart that no pair's repeats are another's. */
const SEEDS_APART = 100

/** @throws LabError "lab.state" naming what is out of range */
function checkDuel({ a, b, seeds, experiments, fresh }: DuelOptions): void {
  const refuse = (problem: string) => {
    throw new LabError('lab.state', `No duel: ${problem}.`, { hint: 'Choose otherwise.' })
  }
  const isWhole = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most
  if (a === b) refuse('a researcher and itself would differ by nothing')
  if (!isWhole(seeds, 50)) refuse('it takes 1 to 50 seeds')
  if (!isWhole(experiments, 10_000)) refuse('it takes 1 to 10,000 experiments')
  if (!isWhole(fresh, 20)) refuse('the bests are measured again on 1 to 20 seeds')
}

/**
 * The report of a duel that has not begun. Its name hangs on all that its scores do but the number of pairs, so that
 * asking for more goes on where it was.
 * @param start the lab whose task and program it is about; nothing of its record plays a part
 */
export async function newDuel(start: LabRecord, options: DuelOptions, backend: BackendName, now: number): Promise<DuelReport> {
  checkDuel(options)
  const { a, b, experiments, fresh } = options
  const { task, programMd, trainJs, controllerSeed, guide, researcher } = start
  const facts = { task, programMd, trainJs, controllerSeed, guide, researcher, a, b, experiments, fresh, backend, app: frozenCode() }
  const id = (await sha256(canonicalJson(facts))).slice(0, 12)
  return reportOf({ id, labId: start.labId, options, backend, startedAt: now, updatedAt: now, pairs: [], at: null })
}

/** The same report, asked for this many pairs; those at hand stay. */
export function withPairs(report: DuelReport, options: DuelOptions, firstSeed: number): DuelReport {
  const pairs = Array.from({ length: options.seeds }, (_, i) => {
    const seed = (firstSeed + i * SEEDS_APART) >>> 0
    return report.pairs.find((pair) => pair.seed === seed) ?? { seed, fresh: [], a: untried(), b: untried() }
  })
  return reportOf({ ...report, options, pairs })
}

/** The lab of one side: the same task, program and seed as the other's, and nothing learned. */
export function sideLab(start: LabRecord, report: DuelReport, seed: number, side: 'a' | 'b', now: number): LabRecord {
  const { task, programMd, trainJs, floorBpb, guide, researcher } = start
  const controller = report.options[side]
  return {
    labId: `duel-${report.id}-${seed}-${side}`,
    name: `Duel ${report.id}: ${controller}, seed ${seed}`,
    branch: `autoresearch/duel-${report.id}-${seed}-${side}`,
    createdAt: now,
    updatedAt: now,
    task: { ...task, seed },
    programMd,
    trainJs,
    controller,
    controllerSeed: seed,
    ...(guide && { guide }),
    ...(researcher && { researcher }),
    incumbent: null,
    sigmaBpb: null,
    nextNumber: 0,
    floorBpb,
    phase: 'new',
    maxExperiments: report.options.experiments,
  }
}
