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
}

export const SHORT: Lengths = { starts: 1, turns: 3, slowTurns: 1, turnMs: 800, matmulMs: 80 }
export const FULL: Lengths = { starts: 3, turns: 7, slowTurns: 3, turnMs: 2000, matmulMs: 300 }

export const MATMUL_SHAPES: ProductShape[] = [
  { orient: 'NT', M: 1024, N: 384, K: 96 },
  { orient: 'NN', M: 1024, N: 96, K: 384 },
  { orient: 'TN', M: 384, N: 96, K: 1024 },
  { orient: 'NT', M: 1024, N: 256, K: 256 },
]

/** Losses of the first steps may differ by this much, nats: rounding, and no more. */
const SAME_MODEL = 1e-3
/** A first step slower than this is not repeated, and a step slower than half of it has fewer turns. */
const SLOW_MS = 8000

export function shapeName({ orient, M, N, K }: ProductShape): string {
  return `${orient} ${M}×${N}×${K}`
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
  const rows: Row[] = []
  if (entries.length === 0) return rows
  const running: { row: Row; contestant: PageContestant }[] = []
  const opened: PageContestant[] = []
  let reference: number[] | null = null
  for (const entry of entries) {
    say(`${entry.name}: first step`)
    const row = emptyRow(entry.name)
    rows.push(row)
    await attempt(row, async () => {
      const contestant = await begin(entry, setup, lengths, row, opened)
      const { losses, dispatches } = await contestant.call('losses', (row.firstStepMs ?? 0) > SLOW_MS ? 1 : 2)
      row.losses.push(...losses)
      row.dispatches = dispatches || null
      reference ??= row.losses
      const apart = Math.max(...row.losses.map((loss, i) => Math.abs(loss - (reference?.[i] ?? loss))))
      if (!(apart <= SAME_MODEL)) {
        row.note = `computes another model: losses ${row.losses.map((l) => l.toFixed(4)).join(' ')}, not ${reference.map((l) => l.toFixed(4)).join(' ')}, and was not timed`
        return
      }
      running.push({ row, contestant })
    })
  }
  for (let turn = 0; turn < lengths.turns; turn++) {
    say(`turn ${turn + 1} of ${lengths.turns}`)
    for (const { row, contestant } of running) {
      const slow = (row.turnsMs[0] ?? 0) > SLOW_MS / 2
      if (row.note !== null || (slow && turn >= lengths.slowTurns)) continue
      const known = row.turnsMs.length > 0 ? median(row.turnsMs) : lengths.turnMs
      const count = Math.max(1, Math.min(50, Math.round(lengths.turnMs / known)))
      await attempt(row, async () => void row.turnsMs.push(await contestant.call('round', count)))
    }
  }
  for (const shape of products ? MATMUL_SHAPES : []) {
    say(`product ${shapeName(shape)}`)
    for (const { row, contestant } of running) {
      if (row.note !== null) continue
      await attempt(row, async () => void (row.matmul[shapeName(shape)] = await contestant.call('matmul', shape, lengths.matmulMs)))
    }
  }
  for (const { row, contestant } of running) {
    // the first turn warms up
    if (row.turnsMs.length > 0) row.stepMs = median(row.turnsMs.slice(row.turnsMs.length > 2 ? 1 : 0))
    if (row.note === null) await before(row.name, contestant)
  }
  for (const contestant of opened) await contestant.close()
  return rows
}

/** Fresh starts, of which the last goes on. */
async function begin(entry: Entry, setup: Setup, lengths: Lengths, row: Row, opened: PageContestant[]): Promise<PageContestant> {
  const times: number[] = []
  for (;;) {
    const contestant = await entry.open()
    opened.push(contestant)
    const { ms, adapter, loss } = await contestant.first(setup)
    times.push(ms)
    if (times.length >= lengths.starts || ms > SLOW_MS) {
      Object.assign(row, { adapter, firstStepMs: median(times), losses: [loss] })
      return contestant
    }
    await contestant.close()
    opened.pop()
  }
}

/** Trains each for some seconds of the same text, one after the other, alone on the machine. */
export async function learn(entries: readonly Entry[], setup: Setup, seconds: number, rows: Row[], say: (line: string) => void): Promise<void> {
  for (const entry of entries) {
    const row = rows.find(({ name }) => name === entry.name)
    if (!row || row.note !== null) continue
    say(`${entry.name}: ${seconds} s of training`)
    await attempt(row, async () => {
      const contestant = await entry.open()
      await contestant.load()
      row.learnt = await contestant.call('learn', setup, seconds)
      await contestant.close()
    })
  }
}

async function attempt(row: Row, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    row.note = error instanceof Error ? error.message : String(error)
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
