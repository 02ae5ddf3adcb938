// A lab as it begins: what the person chose, made into the frozen task and the first state of the record.

import type { AdapterInfo, Tier } from '../judge/types'
import type { Budget, Guards, Task } from '../judge/task'
import type { LabSettings } from '../worker/protocol'
import type { LabRecord, Snapshot } from './types'

interface TierDefaults {
  budget: Budget
  evaluation: Task['evaluation']
  maxBytes: number
}

const MIB = 2 ** 20

/**
 * Per adapter: a run long enough for differences to show, an evaluation of about a tenth of it, and a memory limit
 * that leaves room for the page.
 */
const TIERS: Record<Tier, TierDefaults> = {
  software: { budget: seconds(10), evaluation: { context: 128, tokens: 16_384 }, maxBytes: 1024 * MIB },
  integrated: { budget: seconds(60), evaluation: { context: 256, tokens: 262_144 }, maxBytes: 2048 * MIB },
  discrete: { budget: seconds(60), evaluation: { context: 512, tokens: 1_048_576 }, maxBytes: 6144 * MIB },
}

/** Added to a run's budget for compiling, warming up and evaluating; a token budget has no time of its own. */
const OVERHEAD_SECONDS = 180
const TOKEN_BUDGET_SECONDS = 1800

/** The budget of one run that suits an adapter. */
export function defaultBudget(tier: Tier): Budget {
  return { ...TIERS[tier].budget }
}

/** The guards of one run: wall-clock seconds with everything included, and bytes on the adapter. */
function defaultGuards(budget: Budget, tier: Tier): Guards {
  const allowed = budget.kind === 'seconds' ? budget.amount * 2 : TOKEN_BUDGET_SECONDS
  return { maxWallSeconds: Math.ceil(allowed) + OVERHEAD_SECONDS, maxBytes: TIERS[tier].maxBytes }
}

/**
 * The branch of a lab: autoresearch/<tag>, the tag in lower-case letters, digits and dashes.
 * @param tag a lab's name or a date; anything else is replaced by dashes
 */
export function branchName(tag: string): string {
  const slug = tag.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60)
  return `autoresearch/${slug.replace(/-+$/, '') || 'lab'}`
}

/**
 * The first state of a lab; its task never changes afterwards.
 * @param facts what the person does not choose: identity, time, the adapter, and the corpus's floor where it is known
 */
export function newLab(
  settings: LabSettings,
  facts: { labId: string; now: number; adapter: AdapterInfo; floorBpb: number | null },
): LabRecord {
  const { tier } = facts.adapter
  const task: Task = {
    version: 1,
    name: settings.name,
    dataset: settings.dataset,
    tokenizer: settings.tokenizer,
    metric: 'val_bpb',
    direction: 'min',
    budget: settings.budget,
    evaluation: { ...TIERS[tier].evaluation },
    keepRule: settings.keepRule,
    guards: {
      ...defaultGuards(settings.budget, tier),
      ...(settings.maxBytes && { maxBytes: settings.maxBytes }),
      ...(settings.minTokensPerSecond && { minTokensPerSecond: settings.minTokensPerSecond }),
    },
    seed: settings.seed,
  }
  return {
    labId: facts.labId,
    name: settings.name,
    branch: branchName(`${settings.name} ${new Date(facts.now).toISOString().slice(0, 10)}`),
    createdAt: facts.now,
    updatedAt: facts.now,
    task,
    programMd: settings.programMd,
    trainJs: settings.trainJs,
    controller: settings.controller,
    controllerSeed: settings.seed,
    ...(settings.researcher && { researcher: settings.researcher }),
    ...(settings.approval && { approval: settings.approval }),
    ...(settings.guide && { guide: settings.guide }),
    ...(settings.ends && { ends: settings.ends }),
    incumbent: null,
    sigmaBpb: null,
    nextNumber: 0,
    floorBpb: facts.floorBpb,
    phase: 'new',
    maxExperiments: settings.maxExperiments,
  }
}

/** task.json as it is committed. */
export function taskText(task: Task): string {
  return `${JSON.stringify(task, null, 2)}\n`
}

/** The three files as the lab holds them: its root commit. */
export function labSnapshot(lab: LabRecord): Snapshot {
  return {
    'program.md': lab.programMd,
    'train.js': lab.trainJs,
    'task.json': taskText(lab.task),
  }
}

function seconds(amount: number): Budget {
  return { kind: 'seconds', amount }
}
