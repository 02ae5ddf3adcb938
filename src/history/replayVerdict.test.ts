import { expect, it } from 'vitest'
import { LabError } from '../core/errors'
import type { ErrorCode } from '../core/errors'
import type { RunEvidence, RunResult } from '../judge/types'
import { evidenceFixture } from './receiptFixture'
import { scoreOf, type ReceiptRun } from './receiptForm'
import { compareRun, incomparable, summarise, TOLERANCE } from './replayVerdict'

const GATES = [{ gate: 'finite' as const, passed: true, detail: '' }]
const WEBGPU = { ...evidenceFixture().adapter, backend: 'webgpu' as const, vendor: 'v', tuning: 'abcd1234' }

function stated(bpb: number, evidence: RunEvidence | null = evidenceFixture()): ReceiptRun {
  return { seed: 1, purpose: 'first', score: { valBpb: scoreOf(bpb), hiddenBpb: scoreOf(bpb + 0.1) }, failure: null, gates: GATES, evidence }
}

function statedFailure(code: string): ReceiptRun {
  return { ...stated(1), score: null, failure: { status: 'crash', code, step: 3 }, gates: [] }
}

function found(bpb: number, evidence: Partial<RunEvidence> = {}): RunResult {
  const measurements = { curve: Float32Array.of(1, 5, 2, 4, 3, 3) } as Extract<RunResult, { ok: true }>['measurements']
  return {
    ok: true, runId: '', seed: 1, valBpb: bpb, hiddenBpb: bpb + 0.1, parts: null, gates: GATES, measurements,
    evidence: evidenceFixture(evidence), weights: null,
  } // prettier-ignore
}

function failed(code: ErrorCode, evidence: Partial<RunEvidence> = {}): RunResult {
  return { ok: false, runId: '', seed: 1, status: 'crash', error: new LabError(code, 'It broke').toJSON(), measurements: null, evidence: evidenceFixture(evidence) }
}

const other = '1'.repeat(64)
const verdictOf = (run: ReceiptRun, result: RunResult) => compareRun(run, result, null).verdict

it('the same bits are identical, any other bit of the same arithmetic refutes', () => {
  expect(compareRun(stated(2.5), found(2.5), null)).toMatchObject({ verdict: 'bit-identical', deltaBpb: 0, statedBpb: 2.5, replayedBpb: 2.5 })
  expect(verdictOf(stated(2.5), found(2.5 + 2 ** -51))).toBe('refuted')
  expect(compareRun(stated(2.5), found(2.5, { losses: other }), null)).toMatchObject({ verdict: 'refuted', detail: expect.stringContaining('losses are not') })
  expect(verdictOf(stated(2.5), found(2.5, { steps: 11 }))).toBe('refuted')
  const gated = { ...stated(2.5), gates: [{ gate: 'finite', passed: false, detail: '' }] }
  expect(verdictOf(gated, found(2.5))).toBe('refuted')
  // gates of the lab itself are not the replay's to judge
  expect(verdictOf({ ...stated(2.5), gates: [...GATES, { gate: 'program', passed: true, detail: '' }] }, found(2.5))).toBe('bit-identical')
})

it('another adapter may be off by what rounding does, a driver under the same name too, and no more', () => {
  const near = 2 * (1 + 0.9 * TOLERANCE)
  const far = 2 * (1 + 1.1 * TOLERANCE)
  const onGpu = { losses: other, adapter: WEBGPU }
  expect(compareRun(stated(2), found(near, onGpu), null)).toMatchObject({ verdict: 'within tolerance', detail: expect.stringContaining('another adapter') })
  expect(verdictOf(stated(2), found(far, onGpu))).toBe('refuted')
  const gpu = stated(2, evidenceFixture({ adapter: WEBGPU }))
  expect(verdictOf(gpu, found(2, { adapter: WEBGPU }))).toBe('bit-identical')
  expect(compareRun(gpu, found(near, onGpu), null)).toMatchObject({ verdict: 'within tolerance', detail: expect.stringContaining('same by name') })
  expect(verdictOf(gpu, found(far, onGpu))).toBe('refuted')
  // in 16 bits more may happen than was measured
  expect(verdictOf(stated(2, evidenceFixture({ adapter: { ...WEBGPU, half: true } })), found(far, onGpu))).toBe('cannot replay')
})

it('another version of the app confirms, but proves nothing against', () => {
  const app = { app: other }
  expect(verdictOf(stated(2.5), found(2.5, app))).toBe('bit-identical')
  expect(verdictOf(stated(2.5), found(9, app))).toBe('cannot replay')
  expect(verdictOf(stated(2.5), failed('numeric.nonfinite', app))).toBe('cannot replay')
})

it('says where the losses part, as far as they were kept', () => {
  const curve = Float32Array.of(1, 5, 2, 4.5, 3, 3)
  expect(compareRun(stated(2.5), found(2, { losses: other }), curve).detail).toContain('part at step 2')
  expect(compareRun(stated(2.5), found(2, { losses: other }), curve.slice(0, 4)).detail).not.toContain('part at')
})

it('a failure of the program comes again; one of the machine says nothing', () => {
  expect(verdictOf(statedFailure('numeric.nonfinite'), failed('numeric.nonfinite'))).toBe('bit-identical')
  expect(verdictOf(statedFailure('numeric.nonfinite'), failed('numeric.nonfinite', { losses: other, adapter: WEBGPU }))).toBe('within tolerance')
  expect(verdictOf(statedFailure('numeric.nonfinite'), found(2))).toBe('refuted')
  expect(verdictOf(statedFailure('numeric.nonfinite'), failed('judge.causality'))).toBe('refuted')
  expect(verdictOf(statedFailure('numeric.nonfinite'), found(2, { adapter: WEBGPU }))).toBe('cannot replay')
  for (const code of ['judge.timeout', 'gpu.lost']) expect(verdictOf(statedFailure(code), found(2))).toBe('cannot replay')
  expect(verdictOf(stated(2), failed('numeric.diverged'))).toBe('refuted')
  for (const code of ['judge.timeout', 'gpu.oom', 'program.memory'] as const) expect(verdictOf(stated(2), failed(code))).toBe('cannot replay')
})

it('the receipt is as good as its worst run that can be compared', () => {
  const good = compareRun(stated(2), found(2), null)
  const near = compareRun(stated(2), found(2.01, { adapter: WEBGPU }), null)
  const bad = compareRun(stated(2), found(3), null)
  const lost = incomparable(statedFailure('gpu.lost'), 'gone')
  const unheard = incomparable(stated(2), 'too slow')
  const verdict = (...runs: (typeof good)[]) => summarise(runs, null).verdict
  expect(verdict(good, good)).toBe('bit-identical')
  expect(verdict(good, near)).toBe('within tolerance')
  expect(verdict(good, bad, near)).toBe('refuted')
  expect(verdict(good, lost)).toBe('bit-identical')
  expect(verdict(good, unheard)).toBe('cannot replay')
  expect(verdict(bad, unheard)).toBe('refuted')
  expect(verdict(lost)).toBe('cannot replay')
  expect(verdict()).toBe('cannot replay')
  expect(summarise([good, good, good], null).reason).toMatch(/^All 3 runs: /)
})
