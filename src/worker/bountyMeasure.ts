// Measuring for bounties: one program at a time, on a trainer of its own, while nothing else trains. A verifier is
// unattended, so what cannot begin waits in a queue instead of failing.

import { LabError } from '../core/errors'
import { predictBytes } from '../engine/predict'
import { frozenCode } from '../judge/evidence'
import type { BackendChoice } from '../judge/types'
import type { Measurement } from '../bounty/office/effects'
import type { Office } from '../bounty/office/office'
import { onFirstSet } from '../bounty/escrow/terms'
import type { EventId, Phase, PublicKey, Score, Verdict } from '../bounty/types'
import { measurePatch, type Measured } from '../bounty/verify/measure'
import { compareScores, type Reverified } from '../bounty/verify/reverify'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'

const ASK_AGAIN_MS = 1000

export interface MeasureDeps {
  parts: Pick<LabParts, 'spareTrainer' | 'box'>
  data: ReturnType<typeof createDataDesk>
  board: StatusBoard
  /** nothing else trains now; false: it is asked again */
  isFree(): boolean
  /** what the page trains on now */
  backend(): Promise<BackendChoice>
}

export interface MeasureDesk {
  readonly busy: boolean
  /** @param baseline of the same held-out set, for the canary. @throws LabError of this machine (gpu.*, data.*, store.*) */
  measure(work: Measurement, baseline: Score | null): Promise<Measured>
  /** Ends what is being measured, as if this machine had been switched off. */
  stop(): void
}

export function createMeasureDesk({ parts, data, board, isFree, backend }: MeasureDeps): MeasureDesk {
  let last: Promise<unknown> = Promise.resolve()
  let current: AbortController | null = null

  async function run(work: Measurement, baseline: Score | null): Promise<Measured> {
    while (!isFree()) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
    const stopping = (current = new AbortController())
    const trainer = parts.spareTrainer()
    const { bounty } = work
    const tell = (run: number, progress: number) => board.set({ measuring: { bounty, run, runs: work.spec.seeds, progress } }, progress === 0)
    tell(1, 0)
    try {
      await trainer.open(await backend())
      return await measurePatch(work, baseline, {
        trainer,
        box: parts.box,
        predictBytes,
        async prepare({ task }) {
          const { copy, tokenizer } = await data(task.dataset, task.tokenizer)
          board.set({ activity: 'idle', progress: 0 })
          return { data: copy(), tokenizer }
        },
        drawSeed: () => crypto.getRandomValues(new Uint32Array(1))[0],
        appVersion: frozenCode(),
        signal: stopping.signal,
        onEvent: (event, run) => event.kind === 'progress' && tell(run, event.progress),
      })
    } finally {
      trainer.terminate()
      current = null
      board.set({ measuring: null, activity: 'idle', progress: 0 }, true)
    }
  }

  return {
    get busy() {
      return current !== null
    },
    measure(work, baseline) {
      const turn = last.then(() => run(work, baseline))
      last = turn.catch(() => undefined) // told to who asked
      return turn
    },
    stop: () => current?.abort(new LabError('lab.state', 'The measurement was stopped.', { hint: 'It begins again by itself.' })),
  }
}

/** The baseline's score on a held-out set: this verifier's own word, else another's. */
export function baselineOf(office: Office, bounty: EventId, set: number): Score | null {
  const said = baselinesOf(office, bounty, set)
  return (said.find(({ author }) => author === office.me) ?? said.at(0))?.score ?? null
}

function baselinesOf(office: Office, bounty: EventId, set: number): { author: PublicKey; score: Score }[] {
  const { spec } = office.listing(bounty)
  return office.about(bounty).flatMap(({ author, body }) =>
    body.kind === 'baseline' && body.score.heldOutSet === set && spec.verifiers.includes(author) ? [{ author, score: body.score }] : [])
}

/**
 * Trains a patch again on the revealed held-out text of each verdict, and compares.
 * @param trainJs one's own patch, or one that was bought or shown
 * @throws LabError "bounty.state" before the reveal or without the patch
 */
export async function reverify(office: Office, { measure }: Pick<MeasureDesk, 'measure'>, bounty: EventId, commit: EventId, trainJs: string | null): Promise<Reverified> {
  const { spec } = office.listing(bounty)
  const about = office.about(bounty).filter(({ author, body }) => spec.verifiers.includes(author) && 'commit' in body && body.commit === commit)
  const said = (phase: Phase) => ({
    verdict: about.flatMap(({ body }) => (body.kind === 'verdict' && body.phase === phase ? [body.verdict] : [])).at(0),
    scores: about.flatMap(({ body }) => (body.kind === 'score' && body.phase === phase ? [body.score] : [])),
  })
  const [first, again] = [said('first'), said('stability')]
  if (!first.verdict) throw new LabError('bounty.state', 'There is no verdict on this submission.', { hint: 'Wait for the verifiers.' })
  if (trainJs === null) throw new LabError('bounty.state', 'This patch is not here.', { hint: 'Its author has it, the sponsor once a slice is paid, and the verifiers.' })

  async function check(phase: Phase, verdict: Verdict, scores: readonly (Score | null)[], usual: number): Promise<Reverified> {
    const attested = scores.filter((score) => score !== null)
    const set = attested.at(0)?.heldOutSet ?? usual
    const row = await office.heldOut(bounty, set)
    if (!row) throw new LabError('bounty.state', 'The held-out text has not been revealed.', { hint: 'The sponsor reveals it when the bounty is closed or its deadline has passed.' })
    const { score, reason } = await measure({ spec, trainJs: trainJs!, text: row.text, set, phase, commit, bounty }, baselineOf(office, bounty, set))
    const bpb = score && onFirstSet(score, (one) => baselinesOf(office, bounty, one).map(({ score: { heldOutBpb } }) => heldOutBpb))
    return compareScores(spec, verdict, attested, score && { ...score, heldOutBpb: bpb! }, reason)
  }

  const mine = await check('first', first.verdict, first.scores, 0)
  // without scores the re-check was not held: the sponsor objected, or nothing was left to release
  if (!again.verdict || again.scores.length === 0) return mine
  const later = await check('stability', again.verdict, again.scores, spec.heldOut.length - 1)
  return { agrees: mine.agrees && later.agrees, reason: `First score: ${mine.reason} Re-check: ${later.reason}`, score: mine.score }
}
