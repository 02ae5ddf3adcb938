// Chooses kernel variants by timing them on this adapter, once for every shape that a plan's training step needs.

import { LabError } from '../../core/errors'
import type { OpenedDevice } from '../backends/webgpu/device'
import { pipelineOf } from '../backends/webgpu/pipelines'
import type { Capabilities, Tunable } from '../kernel'
import { variantTolerance } from '../kernels/matmulVariants'
import { planModel, type PlanRequest } from '../planner'
import { agree, Bench, bestTime, within } from './measure'
import { measurePeaks } from './peaks'
import { measurePrecision, worthTrying } from './precision'
import { adapterKey, precisionKey, readTable, type TuningStore, type TuningTable } from './table'

/**
 * Nothing is begun that would not end by then: shapes that are left take the choice of the nearest one measured, and a
 * precision that could not be tried stays f32.
 */
const DEADLINE_MS = 4000
/** The same where the built-in rule is good and compiling is slow: the first step should not wait long. */
const SOFTWARE_DEADLINE_MS = 2200
/** What of that the variants may have where the precision is to be tried after them. */
const VARIANTS_SHARE = 0.6
/** Variants of one shape that are compiled at a time, on as many threads as the driver has. */
const TOGETHER = 4
/** A variant replaces the built-in rule's only if it is faster by more than the noise. */
const MARGIN = 0.97
/** A variant that takes this much longer than the best is not timed again. */
const HOPELESS = 1.5

export interface TuneOptions {
  deadlineMs?: number
  /** milliseconds, for tests */
  now?: () => number
}

/** One choice to be made, and how much of the step's arithmetic hangs on it. */
export interface Task {
  tunable: Tunable
  flops: number
}

/** Precisions that a device had no time to try: it keeps f32, so that its runs stay comparable; the next one tries. */
const untried = new WeakMap<GPUDevice, Set<string>>()

/**
 * The adapter's capabilities with the variants and the precision measured to be the fastest for this program, and with
 * its peaks. All measuring shares one deadline.
 * What the store already knows is not measured again; a program whose shapes are all known costs one load.
 * Every candidate's result must agree with the built-in variant's, or it is out.
 * @param onProgress (shapes done, shapes in all, what is being measured, or could not be)
 * @throws LabError "program.memory" as planning does; "gpu.lost" when the device goes
 */
export async function tune(
  opened: OpenedDevice,
  request: PlanRequest,
  store: TuningStore,
  onProgress: (done: number, total: number, label: string) => void = () => {},
  { deadlineMs = opened.caps.software ? SOFTWARE_DEADLINE_MS : DEADLINE_MS, now = () => performance.now() }: TuneOptions = {},
): Promise<Capabilities> {
  const start = now()
  const { device } = opened
  const key = await adapterKey(opened)
  const table = readTable(await store.load(key))
  const plan = planModel(request, { ...opened.caps, choices: table.choices })
  const isNew = ({ tunable }: Task) => !(tunable.key in table.choices)
  const train = tasksOf(plan.train.commands).filter(isNew)
  const tasks = worthMeasuring(train, table, opened.caps)
  const unknown = [...train, ...tasksOf([...plan.score.commands, ...plan.probe.commands]).filter(isNew)]
  const precision = precisionKey(plan.train.commands.reduce((sum, { kernel }) => sum + (kernel.flops ?? 0), 0))
  const isTried = worthTrying(opened.caps) && !(precision in table.choices) && !untried.get(device)?.has(precision)
  if (unknown.length > 0 || table.peaks === null) {
    const peaks = table.peaks ?? (await measurePeaks(device, opened.caps, now))
    const deadline = start + (isTried ? VARIANTS_SHARE : 1) * deadlineMs
    // a shape is only begun if two variants as slow as the slowest so far would still end in time
    let slowest = 0
    for (const [done, task] of tasks.entries()) {
      if (now() + 2 * slowest >= deadline) break
      onProgress(done, tasks.length, task.tunable.key)
      slowest = Math.max(slowest, await chooseVariant({ device, caps: { ...opened.caps, peaks } }, task, table, now, deadline))
    }
    for (const { tunable } of unknown) table.choices[tunable.key] ??= nearest(tunable, table)
    const fastest = Math.max(0, ...Object.values(table.gflops))
    table.peaks = { ...peaks, gflops: Math.max(peaks.gflops, fastest) }
    onProgress(tasks.length, tasks.length, '')
    await store.save(key, table)
  }
  const caps: Capabilities = { ...opened.caps, choices: table.choices, peaks: table.peaks ?? undefined }
  if (isTried) {
    onProgress(tasks.length, tasks.length, precision)
    const found = await measurePrecision({ device, caps }, request, start + deadlineMs, now)
    if (found) {
      table.choices[precision] = found
      await store.save(key, table)
    } else {
      untried.set(device, (untried.get(device) ?? new Set()).add(precision))
      onProgress(tasks.length, tasks.length, `${precision}: no time to try f16`)
    }
  }
  return { ...caps, half: table.choices[precision] === 'f16' }
}

/** The distinct choices of some commands, those that weigh most first. */
function tasksOf(commands: readonly { kernel: { tunable?: Tunable; flops?: number } }[]): Task[] {
  const tasks = new Map<string, Task>()
  for (const { kernel } of commands) {
    const { tunable, flops = 0 } = kernel
    if (!tunable) continue
    const task = tasks.get(tunable.key)
    if (task) task.flops += flops
    else tasks.set(tunable.key, { tunable, flops })
  }
  return [...tasks.values()].sort((a, b) => b.flops - a.flops)
}

/**
 * A GPU is measured shape by shape. A software adapter compiles for a second what it then chooses for all sizes alike:
 * there the heaviest shape of each kind speaks for the others, and for those of later programs.
 */
function worthMeasuring(tasks: readonly Task[], table: TuningTable, caps: Capabilities): Task[] {
  const choices = tasks.filter(({ tunable }) => tunable.variants.length > 1)
  if (!caps.software) return choices
  const known = new Set(Object.keys(table.gflops).map(kindOf))
  return choices.filter(({ tunable }) => {
    const kind = kindOf(tunable.key)
    if (known.has(kind)) return false
    known.add(kind)
    return true
  })
}

/** A key without its numbers: shapes of one kind differ only in size. */
function kindOf(key: string): string {
  return key.replace(/\d+/g, '#')
}

/**
 * Times the variants of one shape and writes the best into the table, if so much as the built-in rule's is ready in time.
 * @param deadline the time after which nothing is begun: variants come a few together, as many as would end before it
 * at the pace of the slowest so far
 * @returns ms that the slowest variant took, its share of the compiling included
 */
export async function chooseVariant(
  { device, caps }: Pick<OpenedDevice, 'device' | 'caps'>,
  { tunable }: Task,
  table: TuningTable,
  now: () => number,
  deadline: number,
): Promise<number> {
  const { variants } = tunable
  const bench = new Bench(device, caps, tunable.bytes)
  const written = ['c', 'pre'].filter((name) => name in tunable.bytes)
  let [choice, best] = [variants[0], Infinity]
  let expected: Float32Array | null = null
  let slowest = 0

  const time = async (variant: string): Promise<void> => {
    const run = await bench.prepare(tunable.lower(variant))
    bench.fill()
    await run(1)
    const result = await bench.read(written)
    const first = expected === null
    expected ??= result
    if (!agree(result, expected, variantTolerance(variant))) return
    const ms = await bestTime(run, now, best * HOPELESS)
    if (ms < best * (first ? 1 : MARGIN)) [choice, best] = [variant, ms]
  }
  try {
    for (let at = 0, count = 1; at < variants.length; at += count) {
      const began = now()
      // the built-in rule's alone, for what comes next is measured against it
      if (at > 0) count = Math.min(TOGETHER, Math.floor((deadline - began) / slowest))
      if (count < 1) break
      const round = variants.slice(at, at + count)
      // those that fail are met again below; what is reported is about them, and no fault of the device
      device.pushErrorScope('validation')
      const kernels = round.flatMap((variant) => tunable.lower(variant).kernels)
      const compiled = Promise.allSettled(kernels.map((kernel) => pipelineOf(device, kernel)))
      const reported = device.popErrorScope()
      // a driver cannot be told to stop compiling, but nobody has to wait for it
      if (!(await within(compiled, deadline - now()))) break
      await reported
      for (const variant of round) {
        if (at > 0 && now() >= deadline) break
        device.pushErrorScope('validation')
        try {
          await time(variant)
        } catch (error) {
          // a variant that does not even compile is out; the built-in one must
          if (at === 0 || !(error instanceof LabError && error.code === 'gpu.shader')) throw error
        } finally {
          await device.popErrorScope()
        }
      }
      slowest = Math.max(slowest, (now() - began) / round.length)
    }
  } finally {
    bench.destroy()
  }
  if (best === Infinity) return slowest
  table.choices[tunable.key] = choice
  table.gflops[tunable.key] = tunable.flops / best / 1e6
  return slowest
}

/** The choice of the measured shape that is most like this one, if one is like it at all; else the built-in rule's. */
function nearest({ key, variants }: Tunable, table: TuningTable): string {
  const sides = (text: string) => (text.match(/\d+/g) ?? []).map(Number)
  const own = sides(key)
  let [choice, best] = [variants[0], Math.log(2)]
  for (const other of Object.keys(table.gflops)) {
    if (kindOf(other) !== kindOf(key)) continue
    const far = sides(other).reduce((sum, side, i) => sum + Math.abs(Math.log(side / own[i])), 0)
    if (far < best && variants.includes(table.choices[other])) [choice, best] = [table.choices[other], far]
  }
  return choice
}
