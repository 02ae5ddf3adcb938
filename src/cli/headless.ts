// The lab without a page: opens or resumes the lab in a folder, runs the loop to its end, and says what came of it.

import { randomUUID } from 'node:crypto'
import { LabError } from '../core/errors'
import type { DatasetSource, TokenData, TokenizerSpec } from '../data/types'
import { defaultBudget, labSnapshot, newLab } from '../history/newLab'
import type { Identity } from '../history/identity'
import type { LabRecord } from '../history/types'
import type { AdapterInfo, BackendName, Trainer } from '../judge/types'
import type { EndRules } from '../research/guide/types'
import { CONTROLLER_NAMES } from '../research/controllers/registry'
import { createLoop, type PredictBytes } from '../research/loop'
import type { Box } from '../sandbox/contract'
import { defaultProgram, defaultProgramMd } from '../sandbox/defaultProgram'
import { checkResearcher } from '../worker/labResearch'
import { MEASURED_ON, otherBackend } from '../worker/otherBackend'
import type { LabSettings } from '../worker/protocol'
import type { LabArgs } from './args'
import { openOutFolder } from './outFolder'
import type { OutFolder } from './outFolder'
import { researcherSpec } from './modelArgs'
import { checkModelName } from './modelNames'
import { outcomeOf } from './report'
import type { Report } from './report'
import { headlessResearcher } from './researchers'

/** Data ready for the trainer. */
export interface PreparedData {
  /** exact information content of the validation text in bits per byte, where it is known */
  floorBpb: number | null
  /** a fresh copy each time: the trainer takes the arrays over */
  tokens(): Promise<TokenData>
}

/** What the lab is made of here; the command gives the real ones. */
export interface Parts {
  trainer: Trainer
  box: Box
  predictBytes?: PredictBytes
  /** who signs the receipts; without one there are none */
  identity?: () => Promise<Identity>
  /** Takes the named files into the lab's folder; null names the built-in text. @throws LabError data.* */
  source(folder: string, data: string | null, val: string | null): Promise<DatasetSource>
  prepare(folder: string, source: DatasetSource, tokenizer: TokenizerSpec, report: Report): Promise<PreparedData>
}

/** Exit codes: done, failed or waiting for a person, stopped by Ctrl-C. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

const MIB = 2 ** 20
const REPEATS = 3
const NO_ENDS: EndRules = { minutes: null, tokens: null, usd: null, targetBpb: null }
const PLAIN_WARNING =
  'The plain rule is here to show what goes wrong: it takes one lucky seed for a gain. Measured: npm run lab -- false-keeps'
/** A thousandth of a bit per byte: less is no progress, however certain. */
const FLOOR_BPB = 0.001

/**
 * Runs experiments in `args.out` until `args.experiments` are over, a person is needed, or `stop` fires.
 * @returns the exit code
 * @throws LabError when the lab cannot be opened; as checkModelName
 */
export async function runHeadless(args: LabArgs, parts: Parts, report: Report, stop: AbortSignal): Promise<number> {
  await checkModelName(args.model, process.env, stop)
  const folder = await openOutFolder(args.out)
  try {
    const { lab, prepared } = await openLab(args, parts, report, folder)
    const code = await runLoop(lab, prepared, folder, parts, report, stop)
    const after = (await folder.ledger.loadLab(lab.labId)) ?? lab
    report.end(outcomeOf(args.out, after, await folder.ledger.listExperiments(lab.labId)))
    return code
  } finally {
    await folder.release()
  }
}

async function openLab(args: LabArgs, parts: Parts, report: Report, folder: OutFolder) {
  if (folder.lab) {
    const lab = await resumed(args, parts, folder, folder.lab)
    const adapter = await parts.trainer.open(args.backend)
    report.say(`Going on with ${folder.path}: ${lab.nextNumber} experiments so far.`)
    const other = otherBackend(await folder.ledger.listExperiments(lab.labId), adapter)
    if (other) report.say(elsewhere(other, adapter.backend))
    const prepared = await parts.prepare(folder.path, lab.task.dataset, lab.task.tokenizer, report)
    await enter(lab, folder)
    return { lab, prepared }
  }
  // before anything is fetched or stored
  checkResearcher({ controller: args.controller ?? CONTROLLER_NAMES[0], researcher: researcherSpec(args.model, undefined) })
  const source = await parts.source(folder.path, args.data, args.val)
  const tokenizer = args.tokenizer ?? { kind: 'bytes' }
  const prepared = await parts.prepare(folder.path, source, tokenizer, report)
  const adapter = await parts.trainer.open(args.backend)
  const facts = { labId: randomUUID(), now: Date.now(), adapter, floorBpb: prepared.floorBpb }
  const lab = newLab(settingsOf(args, source, tokenizer, adapter), facts)
  await enter(lab, folder)
  report.say(`A new lab in ${folder.path}`)
  if (lab.task.keepRule.kind === 'plain') report.say(PLAIN_WARNING)
  return { lab, prepared }
}

function elsewhere(before: BackendName, now: BackendName): string {
  return (
    `The runs of this lab so far were measured on ${MEASURED_ON[before]}, and now it trains on ${MEASURED_ON[now]}: ` +
    `the two round otherwise, training blows that up, and scores may be some per cent apart, so gains across them mean little. ` +
    `--backend ${before} goes on as before; a new --out measures its own baseline.`
  )
}

/** The ledger first: a kill in between leaves a lab whose repository is made on the next start. */
async function enter(lab: LabRecord, folder: OutFolder): Promise<void> {
  await folder.ledger.saveLab(lab)
  await folder.repo.open(lab.branch, labSnapshot(lab), `${lab.name}: the unmodified program`)
}

/** What a lab begins with: what was asked for, and what suits the adapter. */
export function settingsOf(args: LabArgs, dataset: DatasetSource, tokenizer: TokenizerSpec, adapter: AdapterInfo): LabSettings {
  const kind = args.rule ?? 'measured'
  const researcher = researcherSpec(args.model, undefined)
  return {
    name: dataset.kind === 'text' ? dataset.name : dataset.kind === 'url' ? dataset.url : 'Built-in stories',
    dataset,
    tokenizer,
    budget: args.budget ?? defaultBudget(adapter.tier),
    keepRule: { kind, repeats: kind === 'measured' ? REPEATS : 1, floorBpb: FLOOR_BPB },
    controller: args.controller ?? CONTROLLER_NAMES[0],
    ...(researcher && { researcher }),
    maxExperiments: args.experiments,
    ...(args.minSpeed !== null && { minTokensPerSecond: args.minSpeed }),
    ...(args.memory !== null && { maxBytes: args.memory * MIB }),
    ...(args.guide !== null && { guide: args.guide }),
    ends: endsOf(args, NO_ENDS),
    seed: args.seed ?? 1,
    programMd: defaultProgramMd(),
    trainJs: defaultProgram(adapter.tier),
  }
}

/** The task is frozen: what was said again must be the same. The researcher and the number of experiments may change. */
async function resumed(args: LabArgs, parts: Parts, folder: OutFolder, lab: LabRecord): Promise<LabRecord> {
  const { task } = lab
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  const source = args.data === null ? task.dataset : await parts.source(folder.path, args.data, args.val)
  const changed = [
    ['--data', same(source, task.dataset)],
    ['--tokenizer', args.tokenizer === null || same(args.tokenizer, task.tokenizer)],
    ['--budget', args.budget === null || same(args.budget, task.budget)],
    ['--rule', args.rule === null || args.rule === task.keepRule.kind],
    ['--seed', args.seed === null || args.seed === task.seed],
    ['--min-speed', args.minSpeed === null || args.minSpeed === task.guards.minTokensPerSecond],
    ['--memory', args.memory === null || args.memory * MIB === task.guards.maxBytes],
  ].flatMap(([option, unchanged]) => (unchanged ? [] : [option]))
  if (changed.length > 0) {
    throw new LabError('lab.state', `The lab in ${folder.path} was started with another ${changed.join(' and ')}.`, {
      hint: 'Scores would not compare. Leave the option out to go on, or choose a new folder with --out.',
    })
  }
  return {
    ...lab,
    maxExperiments: args.experiments,
    controller: args.controller ?? lab.controller,
    researcher: researcherSpec(args.model, lab.researcher),
    ...(args.guide !== null && { guide: args.guide }),
    ends: endsOf(args, lab.ends ?? NO_ENDS),
  }
}

/** Limits may change from one start to the next: what is not said again holds. */
function endsOf({ minutes, target }: LabArgs, before: EndRules): EndRules {
  return { ...before, minutes: minutes ?? before.minutes, targetBpb: target ?? before.targetBpb }
}

async function runLoop(
  lab: LabRecord,
  prepared: PreparedData,
  folder: OutFolder,
  parts: Parts,
  report: Report,
  stop: AbortSignal,
): Promise<number> {
  let code: number = EXIT.done
  const researcher = headlessResearcher(lab)
  const loop = createLoop({
    ...parts,
    ...folder,
    labId: lab.labId,
    controller: researcher.controller,
    data: () => prepared.tokens(),
    // nobody is here to press Resume: the record is safe, and the same command goes on
    unattended: true,
    onEvent(event) {
      report.event(event)
      if (event.kind !== 'phase') return
      if (event.phase === 'failed') code = EXIT.failed
      // a full disk waits in any case
      if (event.phase === 'paused') {
        code = EXIT.failed
        queueMicrotask(() => void loop.stop())
      }
    },
  })
  const onStop = () => {
    if (loop.phase !== 'running') return
    code = EXIT.interrupted
    report.say('Stopping: the current experiment is closed.')
    void loop.stop()
  }
  if (stop.aborted) return EXIT.interrupted
  loop.start()
  stop.addEventListener('abort', onStop)
  try {
    await loop.settled()
  } finally {
    stop.removeEventListener('abort', onStop)
    researcher.dispose()
  }
  const { end } = (await folder.ledger.loadLab(lab.labId)) ?? lab
  return code === EXIT.done && end?.kind === 'BLOCKED' ? EXIT.failed : code
}
