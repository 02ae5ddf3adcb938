// The race: every contestant's first step, then turns of a few steps each, so that whatever else the machine does
// meets everyone alike.

import type { Learnt, ProductShape, Setup } from './benchContestant'
import type { PageContestant } from './benchBrowser'

/** Who races, and how to begin afresh. */
export interface Entry {
  name: string
  /** a fresh page, or Node */
  open(): Promise<PageContestant>
}

/** What was measured of one contestant on one model. */
export interface Row {
  name: string
  adapter: string
  /** from no worker at all to the end of the first step, everything compiled: median of several fresh starts */
  firstStepMs: number | null
  /** of the first steps, nats per token */
  losses: number[]
  stepMs: number | null
  /** of every turn, in order */
  turnsMs: number[]
  dispatches: number | null
  /** GFLOP/s by shape */
  matmul: Record<string, number>
  learnt: Learnt | null
  /** why something is missing */
  note: string | null
}

export interface Lengths {
  /** fresh starts of which the median counts */
  starts: number
  turns: number
  /** of those whose step takes seconds */
  slowTurns: number
  /** how long a turn should be; a slow contestant's is one step */
  turnMs: number
  matmulMs: number
  /** a phase of one contestant that takes longer is given up, and so is the contestant */
  limitMs: number
}

export const SHORT: Lengths = { starts: 2, turns: 3, slowTurns: 1, turnMs: 700, matmulMs: 60, limitMs: 120_000 }
export const FULL: Lengths = { starts: 3, turns: 7, slowTurns: 3, turnMs: 2000, matmulMs: 300, limitMs: 120_000 }

export const MATMUL_SHAPES: ProductShape[] = [
  { orient: 'NT', M: 1024, N: 384, K: 96 },
  { orient: 'NN', M: 1024, N: 96, K: 384 },
  { orient: 'TN', M: 384, N: 96, K: 1024 },
  { orient: 'NT', M: 1024, N: 256, K: 256 },
]

/** Losses of the first steps may differ by this much, nats: rounding, and no more. */
const SAME_MODEL = 1e-3
/** A first step slower than this is not repeated. */
const SLOW_START_MS = 20_000
/** A step slower than this has fewer turns. */
const SLOW_STEP_MS = 4000
/** A contestant that is given up has this long to close. */
export const CLOSE_MS = 10_000

export function shapeName({ orient, M, N, K }: ProductShape): string {
  return `${orient} ${M}×${N}×${K}`
}

/** A contestant, and what is known of it. */
interface Runner {
  entry: Entry
  row: Row
  /** the last that was begun, unless it was given up */
  contestant: PageContestant | null
}

/**
 * Races one model. A contestant that fails, or whose losses are not those of the first that ran, is told of in its
 * note and not timed.
 * @param products also measure stand-alone products
 * @param before is given each contestant at the end, while it is still open
 */
export async function race(
  entries: readonly Entry[],
  setup: Setup,
  lengths: Lengths,
  products: boolean,
  say: (line: string) => void,
  before: (name: string, contestant: PageContestant) => Promise<void> = async () => undefined,
): Promise<Row[]> {
  const runners = entries.map((entry): Runner => ({ entry, row: emptyRow(entry.name), contestant: null }))
  const each = async (phase: string, work: (contestant: PageContestant, row: Row) => Promise<void>) => {
    say(phase)
    for (const runner of runners) {
      const { contestant } = runner
      if (contestant) await attempt(runner, phase, lengths.limitMs, () => work(contestant, runner.row))
    }
  }
  await firstSteps(runners, setup, lengths, say)
  let reference: number[] | null = null
  await each('the next steps', async (contestant, row) => {
    const { losses, dispatches } = await contestant.call('losses', (row.firstStepMs ?? 0) > SLOW_START_MS ? 1 : 2)
    row.losses.push(...losses)
    row.dispatches = dispatches || null
    reference ??= row.losses
    const apart = Math.max(...row.losses.map((loss, i) => Math.abs(loss - (reference?.[i] ?? loss))))
    if (apart <= SAME_MODEL) return
    const [own, others] = [row.losses, reference].map((list) => list.map((loss) => loss.toFixed(4)).join(' '))
    throw new Error(`computes another model, losses ${own} instead of ${others}, and was not timed`)
  })
  for (let turn = 0; turn < lengths.turns; turn++) {
    await each(`turn ${turn + 1} of ${lengths.turns}`, async (contestant, row) => {
      const slow = (row.turnsMs[0] ?? 0) > SLOW_STEP_MS
      if (slow && turn >= lengths.slowTurns) return
      const known = row.turnsMs.length > 0 ? median(row.turnsMs) : lengths.turnMs
      const count = Math.max(1, Math.min(50, Math.round(lengths.turnMs / known)))
      row.turnsMs.push(await contestant.call('round', count))
    })
  }
  for (const shape of products ? MATMUL_SHAPES : []) {
    const name = shapeName(shape)
    await each(`product ${name}`, async (contestant, row) => void (row.matmul[name] = await contestant.call('matmul', shape, lengths.matmulMs)))
  }
  // the first turn warms up
  for (const { row } of runners) if (row.turnsMs.length > 0) row.stepMs = median(row.turnsMs.slice(row.turnsMs.length > 2 ? 1 : 0))
  await each('the end', (contestant, row) => before(row.name, contestant))
  for (const runner of runners) await release(runner)
  return runners.map(({ row }) => row)
}

/**
 * Fresh starts of everyone, of which the last goes on. Every other time in the opposite order, so that nobody always
 * comes after the same one.
 */
async function firstSteps(runners: readonly Runner[], setup: Setup, { starts, limitMs }: Lengths, say: (line: string) => void): Promise<void> {
  const times = new Map(runners.map(({ row }) => [row, [] as number[]]))
  for (let start = 0; start < starts; start++) {
    for (const runner of start % 2 === 0 ? runners : [...runners].reverse()) {
      const { row, entry } = runner
      const known = times.get(row) ?? []
      const isSlow = () => known.some((ms) => ms > SLOW_START_MS)
      if (row.note !== null || isSlow()) continue
      say(`${row.name}: first step, ${start + 1} of ${starts}`)
      await attempt(runner, 'first step', limitMs, async () => {
        runner.contestant = await entry.open()
        const { ms, adapter, loss } = await runner.contestant.first(setup)
        known.push(ms)
        Object.assign(row, { adapter, firstStepMs: median(known), losses: [loss] })
      })
      if (start < starts - 1 && !isSlow()) await release(runner)
    }
  }
}

/** Trains each for some seconds of the same text, one after the other, alone on the machine. @returns who was left out */
export async function learn(
  entries: readonly Entry[],
  setup: Setup,
  seconds: number,
  rows: readonly Row[],
  limitMs: number,
  say: (line: string) => void,
): Promise<string[]> {
  const leftOut: string[] = []
  for (const entry of entries) {
    const row = rows.find(({ name }) => name === entry.name)
    if (!row || row.note !== null) continue
    if ((row.stepMs ?? 0) > (1000 * seconds) / 2) {
      leftOut.push(`${row.name}: did not train, as ${seconds} s are less than two of its steps`)
      continue
    }
    await trainOne(entry, row, seconds, limitMs, say, (contestant) => contestant.call('learn', setup, seconds))
  }
  return leftOut
}

/** Trains a program of the lab, as the lab does, on the same text; measured as everyone who raced with `batch`. */
export async function learnRecipe(
  entry: Entry,
  setup: Setup,
  batch: { rows: number; context: number },
  seconds: number,
  limitMs: number,
  say: (line: string) => void,
): Promise<Row> {
  const row = emptyRow(entry.name)
  await trainOne(entry, row, seconds, limitMs, say, (contestant) => contestant.call('recipe', setup, batch, seconds))
  return row
}

async function trainOne(
  entry: Entry,
  row: Row,
  seconds: number,
  limitMs: number,
  say: (line: string) => void,
  work: (contestant: PageContestant) => Promise<Learnt>,
): Promise<void> {
  say(`${row.name}: ${seconds} s of training`)
  const runner: Runner = { entry, row, contestant: null }
  await attempt(runner, 'training', limitMs + 1000 * seconds, async () => {
    runner.contestant = await entry.open()
    await runner.contestant.load()
    row.learnt = await work(runner.contestant)
  })
  await release(runner)
}

/** Does one contestant's part; whoever fails, or is not finished in time, is closed, and its row says why. */
async function attempt(runner: Runner, phase: string, limitMs: number, work: () => Promise<void>): Promise<void> {
  try {
    await within(limitMs, work())
  } catch (error) {
    runner.row.note = `${phase}: ${error instanceof Error ? error.message : String(error)}`
    await release(runner)
  }
}

async function release(runner: Runner): Promise<void> {
  const { contestant } = runner
  runner.contestant = null
  // a page whose browser has died cannot be closed, and need not be
  if (contestant) await within(CLOSE_MS, contestant.close()).catch(() => undefined)
}

/** The same, unless it takes longer. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished after ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function emptyRow(name: string): Row {
  const missing = { firstStepMs: null, stepMs: null, dispatches: null, learnt: null, note: null }
  return { name, adapter: '', losses: [], turnsMs: [], matmul: {}, ...missing }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
