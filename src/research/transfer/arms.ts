// One setting of a transfer: its programs, its budget and text, and whether the machine holds it.

import { LabError } from '../../core/errors'
import type { ProgramSpec } from '../../graph/program'
import type { ArmName, ArmPlan } from '../../history/transfers'
import type { LabRecord } from '../../history/types'
import type { AdapterInfo } from '../../judge/types'
import { secondsOf, type RunCost } from './cost'
import type { TransferOptions } from './options'
import type { Link, PlanDeps } from './plan'
import { scaleSizes, sizeKnobs, type SizeChange } from './sizes'

/** Tried in turn below the factor that was asked for. */
const SMALLER = [4, 3, 2, 1.5, 1.25]

interface Setting {
  lab: LabRecord
  links: readonly Link[]
  adapter: AdapterInfo
  vocab: number
  options: TransferOptions
  costs: Map<number, RunCost>
}

interface Sized {
  number: number
  program: ProgramSpec
  paramCount: number
  bytes: number
  changes: SizeChange[]
}

/** Plans an arm; one that cannot be measured says why. @throws LabError sandbox.* */
export async function planArm(arm: ArmName, setting: Setting, deps: PlanDeps): Promise<{ plan: ArmPlan; programs: Map<number, ProgramSpec> }> {
  const { lab, links, options, costs } = setting
  const { task } = lab
  const longer = arm === 'longer' || arm === 'together' ? options.longer : 1
  const dataset = arm === 'data' || arm === 'together' ? options.dataset : task.dataset
  const budget = { ...task.budget, amount: longer === 1 ? task.budget.amount : Math.round(task.budget.amount * longer * 1000) / 1000 }
  if (budget.kind === 'tokens') budget.amount = Math.round(budget.amount)
  const notes = dataset !== task.dataset && dataset.kind === 'grammar' && task.dataset.kind === 'grammar' ? [SAME_GRAMMAR] : []
  const plan: ArmPlan = { arm, refused: null, scale: 1, notes, budget, dataset, programs: [], sizes: [], seconds: 0, pairSeconds: 0 }
  try {
    const { scale, sized, note } = await sizesOf(arm, setting, deps)
    const secondsFor = (program: Sized) => {
      const home = links.find(({ row }) => row.number === program.number)!
      return secondsOf(costs.get(program.number)!, task.budget, longer, program.paramCount / Math.max(1, home.paramCount))
    }
    const pair = [sized[0], sized.at(-1)!]
    const measured = options.perChange ? sized : pair
    const total = (some: Sized[]) => options.seeds * some.reduce((sum, program) => sum + secondsFor(program), 0)
    const sizes = pair.map(({ number, paramCount, bytes, changes }) => ({ number, paramCount, bytes, changes }))
    const numbers = measured.map(({ number }) => number)
    return {
      plan: { ...plan, scale, notes: note ? [...notes, note] : notes, programs: numbers, sizes, seconds: total(measured), pairSeconds: total(pair) },
      programs: new Map(sized.map(({ number, program }) => [number, program])),
    }
  } catch (thrown) {
    const { code, message, hint } = LabError.from(thrown)
    if (!code.startsWith('program.')) throw thrown
    return { plan: { ...plan, refused: { message, hint } }, programs: new Map() }
  }
}

const SAME_GRAMMAR = 'Other stories from the same grammar: it shows whether the text was learned by heart, not more. A file of your own says more.'

/** The programs in their sizes; a larger model is made smaller until every one of them can be built and fits. */
async function sizesOf(arm: ArmName, setting: Setting, deps: PlanDeps): Promise<{ scale: number; sized: Sized[]; note: string | null }> {
  const { links, options } = setting
  if (arm !== 'larger' && arm !== 'together') {
    const sized = links.map((link) => fitting({ ...link, number: link.row.number, changes: [] }, setting, deps))
    return { scale: 1, sized, note: null }
  }
  const named = links.map((link) => sizeKnobs(link.source).map(({ name }) => name).sort().join(', ')) // prettier-ignore
  if (named[0] === '') throw noSizes(links[0].row.number)
  const odd = named.findIndex((names) => names !== named[0])
  if (odd >= 0) throw otherSizes(links[odd].row.number, named[odd], named[0])
  let obstacle = ''
  for (const scale of [options.scale, ...SMALLER.filter((factor) => factor < options.scale)]) {
    try {
      const sized: Sized[] = []
      for (const link of links) sized.push(await scaledLink(link, scale, setting, deps))
      const note = scale === options.scale ? null : `${scale} times as large instead of ${options.scale}: ${obstacle}.`
      return { scale, sized, note }
    } catch (thrown) {
      const { code, message } = LabError.from(thrown)
      if (!code.startsWith('program.')) throw thrown
      obstacle ||= message.replace(/\.$/, '')
    }
  }
  throw new LabError('program.memory', `No larger model can be made: ${obstacle}.`, {
    hint: 'Widen the ranges of its size knobs, or give the task more memory.',
  })
}

async function scaledLink(link: Link, scale: number, setting: Setting, { box, ...deps }: PlanDeps): Promise<Sized> {
  const { number } = link.row
  const scaled = scaleSizes(link.source, scale)
  if ('obstacle' in scaled) throw new LabError('program.graph', `in experiment ${number} ${scaled.obstacle}`)
  const program = await box.describe({ source: scaled.source, vocab: setting.vocab, tier: setting.adapter.tier })
  const paramCount = paramsOf(program)
  // a program that does not use its knobs would be compared with itself
  if (link.paramCount > 0 && paramCount <= link.paramCount) {
    throw new LabError('program.graph', `experiment ${number} has no more parameters when its size knobs are turned up`)
  }
  return fitting({ number, program, paramCount, changes: scaled.changes }, setting, deps)
}

/** @throws LabError program.memory when a program would not fit, program.graph when it is none */
function fitting({ number, program, paramCount, changes }: Omit<Sized, 'bytes'>, { lab, adapter, vocab }: Setting, { predictBytes }: Pick<PlanDeps, 'predictBytes'>): Sized {
  const { evaluation, guards } = lab.task
  const bytes = predictBytes(program, { vocab, adapter, evaluation, memoryBytes: guards.maxBytes })
  if (bytes > guards.maxBytes) {
    const mib = (n: number) => `${Math.ceil(n / 2 ** 20)} MiB`
    throw new LabError('program.memory', `experiment ${number} would need ${mib(bytes)}; the task allows ${mib(guards.maxBytes)}`)
  }
  return { number, program, paramCount, bytes, changes }
}

/** Parameters of a described program. */
export function paramsOf({ graph }: ProgramSpec): number {
  return graph.params.reduce((sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1), 0)
}

function noSizes(number: number): LabError {
  return new LabError('program.graph', `No size of experiment ${number} can be turned: none of its knobs is named for one.`, {
    hint: 'Give train.js knobs such as WIDTH, DEPTH or HEADS: const WIDTH = knob(64, { int: [32, 768] }).',
  })
}

function otherSizes(number: number, names: string, baseline: string): LabError {
  return new LabError('program.graph', `Experiment ${number} has the size knobs ${names || 'none'}, the baseline has ${baseline}: they cannot be made larger alike.`, {
    hint: 'Keep the names of size knobs while researching.',
  })
}
