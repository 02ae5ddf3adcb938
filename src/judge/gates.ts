// What a score must pass before it counts. Every gate runs on the trained model, on the very plan that scores it: with
// its custom kernels, in batches of the same size, dropout off.

import type { Rng } from '../core/rng'
import type { Session } from '../engine/session'
import type { Bounds } from './bounds'
import { scoreRows, sumNats, type EvaluationRows } from './evaluate'
import type { Guards } from './task'
import type { GateResult, RunMeasurements } from './types'

/** token changes at least, each in a row of its own, at places of their own */
const CHANGES = 8
/** by which share of its nats a row may differ in other company: rounding, where a driver rounds by place */
const ARRANGEMENT_TOLERANCE = 1e-5

/**
 * Causality and row independence: changing a token must not move what is predicted before it, nor anything of a row
 * that was left alone. Every second row of a batch is changed, at its second, middle and last token and at random ones.
 * Compared bit for bit: the same kernels add the same numbers in the same order.
 * @param rng the judge's own: which rows and places are looked at cannot be known beforehand
 */
export async function checkCausality(session: Session, set: EvaluationRows, rng: Rng): Promise<GateResult[]> {
  const { B, T } = session.plan.score
  const order = Array.from({ length: Math.max(2, B) }, () => rng.int(set.count))
  const changedRows = Math.floor(order.length / 2)
  const rounds = Math.ceil(CHANGES / changedRows)
  const edges = [1, T - 1, Math.floor(T / 2)].filter((place) => place > 0)
  const before = order.map(() => new Float32Array(T))
  await scoreRows(session, set, order, (i, nats) => before[i].set(nats))
  let earlier: string | null = null
  let other: string | null = null
  const looked = new Set<number>()
  for (let round = 0; round < rounds; round++) {
    const places = order.map((_, i) => (i % 2 === 0 ? T : (edges.pop() ?? 1 + rng.int(T - 1))))
    for (const place of places) if (place < T) looked.add(place)
    await scoreRows(
      session,
      set,
      order,
      (i, nats) => {
        const moved = firstDifference(before[i], nats, places[i])
        if (moved < 0) return
        if (places[i] < T) earlier ??= `changing token ${places[i]} moved what is predicted after token ${moved}`
        else other ??= `changing other rows moved what is predicted after token ${moved} of row ${i} of the batch`
      },
      (i, tokens) => {
        const place = places[i]
        if (place < T) tokens[place] = (tokens[place] + 1 + rng.int(session.vocab - 1)) % session.vocab
      },
    )
  }
  const at = [...looked].sort((a, b) => a - b).join(', ')
  return [
    { gate: 'causality', passed: earlier === null, detail: earlier ?? `${rounds * changedRows} changes, at tokens ${at}: nothing before them moved` },
    { gate: 'rows', passed: other === null, detail: other ?? `${order.length - changedRows} rows beside changed ones did not move` },
  ]
}

function firstDifference(a: Float32Array, b: Float32Array, end: number): number {
  for (let t = 0; t < end; t++) if (a[t] !== b[t]) return t
  return -1
}

/**
 * The same rows in other company and at other places of the batch must score the same, but for rounding.
 * @param rowNats what each row scored in the evaluation
 */
export async function checkArrangement(
  session: Session,
  set: EvaluationRows,
  rowNats: Float64Array,
  tokenBytes: Uint16Array,
  rng: Rng,
): Promise<GateResult> {
  const { B } = session.plan.score
  const rows = rng.shuffle(Array.from({ length: set.count }, (_, row) => row)).slice(0, Math.max(2, 2 * B))
  let worst = { row: rows[0], by: 0 }
  await scoreRows(session, set, rows, (i, nats) => {
    const row = rows[i]
    const by = Math.abs(sumNats(set, row, nats, tokenBytes) - rowNats[row]) / rowNats[row]
    if (!(by <= worst.by)) worst = { row, by }
  })
  const passed = worst.by <= ARRANGEMENT_TOLERANCE
  const detail = passed
    ? `${rows.length} rows in another order and company scored the same${worst.by === 0 ? ' bits' : ', but for rounding'}`
    : `row ${worst.row} scored otherwise in other company, by ${(100 * worst.by).toPrecision(2)} %`
  return { gate: 'arrangement', passed, detail }
}

/**
 * A score must be a number, and one that this text can have.
 * @param hidden null where it was not scored; its value is in no word of the result, which researchers see
 */
export function checkScores(val: number, hidden: number | null, { low, lowReason, high, highReason }: Bounds): GateResult[] {
  const scores = [
    { score: val, name: val.toFixed(4) },
    ...(hidden === null ? [] : [{ score: hidden, name: 'the score of the hidden split' }]),
  ]
  const finite = scores.every(({ score }) => Number.isFinite(score))
  const tooLow = scores.find(({ score }) => score < low)
  const tooHigh = scores.find(({ score }) => !(score <= high))
  const detail =
    tooLow ? `${tooLow.name} is below ${low.toFixed(3)}: ${lowReason}`
    : tooHigh ? `${tooHigh.name} is above ${high.toFixed(3)}: ${highReason}`
    : `between ${low.toFixed(3)} (${lowReason}) and ${high.toFixed(3)} (${highReason}) bits per byte` // prettier-ignore
  return [
    { gate: 'finite', passed: finite, detail: finite ? 'every loss and score is a number' : 'a score is no number' },
    { gate: 'bounds', passed: !tooLow && !tooHigh, detail },
  ]
}

/** What the guards allowed and what the run took: they have been enforced on the way, this is the record. */
export function guardsKept(guards: Guards, measured: RunMeasurements, wallMs: number): GateResult {
  const mib = (bytes: number) => Math.ceil(bytes / 2 ** 20).toLocaleString('en')
  const least = guards.minTokensPerSecond
  const speed = `${Math.round(measured.tokensPerSecond).toLocaleString('en')} tokens/s${least === undefined ? '' : `, at least ${least.toLocaleString('en')} asked`}`
  const detail = `${mib(measured.bytesAllocated)} of ${mib(guards.maxBytes)} MiB; ${Math.ceil(wallMs / 1000)} of ${guards.maxWallSeconds} s; ${speed}`
  return { gate: 'guards', passed: least === undefined || measured.tokensPerSecond >= least, detail }
}
