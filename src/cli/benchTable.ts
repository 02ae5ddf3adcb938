// The benchmark's report: what was measured, as numbers and as tables of ratios.

import type { Lengths, Row } from './benchRun'
import { MATMUL_SHAPES, shapeName } from './benchRun'

/** A model and how everyone did on it. */
export interface ModelReport {
  model: string
  gflopPerStep: number
  tokensPerStep: number
  rows: Row[]
}

export interface BenchReport {
  machine: { cpu: string; cores: number; node: string; chromium: string | null }
  lengths: Lengths
  /** all threads together, of a multiply-add loop on registers in WASM SIMD */
  ceiling: { gflops: number; threads: number; fused: boolean }
  models: ModelReport[]
  /** what was not measured, and why */
  leftOut: string[]
}

/** Shapes that stand for the three orientations. */
const ORIENTATIONS = MATMUL_SHAPES.slice(0, 3)

/** Rate of the stand-alone products of the three orientations together, GFLOP/s; null where one is missing. */
export function matmulRate({ matmul }: Row): number | null {
  const ms = ORIENTATIONS.map((shape) => (2 * shape.M * shape.N * shape.K) / matmul[shapeName(shape)])
  const flops = ORIENTATIONS.reduce((sum, { M, N, K }) => sum + 2 * M * N * K, 0)
  const rate = flops / ms.reduce((sum, each) => sum + each, 0)
  return Number.isFinite(rate) ? rate : null
}

/** The whole report as text. */
export function reportText({ machine, ceiling, models, leftOut }: BenchReport): string {
  const browser = machine.chromium === null ? 'no Chromium: Node only' : `Chromium ${machine.chromium}`
  const kind = ceiling.fused ? 'fused multiply-adds' : 'multiplies and adds'
  const lines = [
    `${machine.cpu}, ${machine.cores} cores; ${browser}; Node ${machine.node}`,
    `The processor's own ceiling: ${ceiling.gflops.toFixed(0)} GFLOP/s, ${kind} on registers in WASM SIMD, ${ceiling.threads} threads`,
  ]
  for (const report of models) lines.push('', ...modelText(report, ceiling.gflops))
  if (leftOut.length > 0) lines.push('', ...leftOut)
  return lines.join('\n')
}

function modelText({ model, gflopPerStep, tokensPerStep, rows }: ModelReport, ceiling: number): string[] {
  const ours = rows.filter((row) => row.name.startsWith('ours') && row.stepMs !== null)
  const gflops = ({ stepMs }: Row) => (stepMs === null ? null : gflopPerStep / (stepMs / 1000))
  const table = rows.map((row) => ({
    '': row.name,
    'step ms': digits(row.stepMs, 1),
    'first ms': digits(row.firstStepMs, 0),
    'GFLOP/s': digits(gflops(row), 2),
    'tokens/s': digits(row.stepMs === null ? null : (1000 * tokensPerStep) / row.stepMs, 0),
    'of ceiling': percent(ratio(gflops(row), ceiling)),
    'of own matmul': percent(ratio(gflops(row), matmulRate(row))),
    dispatches: row.dispatches === null ? '' : String(row.dispatches),
    ...(rows.some((each) => each.learnt) ? { 'val bpb': digits(row.learnt?.valBpb, 3), steps: row.learnt ? String(row.learnt.steps) : '' } : {}),
  }))
  const lines = [`${model}: ${gflopPerStep.toFixed(2)} GFLOP a step`, ...grid(table)]
  const measured = rows.filter((row) => Object.keys(row.matmul).length > 0)
  if (measured.length > 0) {
    const products = measured.map((row) => ({
      'matmul GFLOP/s': row.name,
      ...Object.fromEntries(MATMUL_SHAPES.map((shape) => [shapeName(shape), digits(row.matmul[shapeName(shape)], 2)])),
    }))
    lines.push('', ...grid(products))
  }
  const peers = rows.filter((row) => !row.name.startsWith('ours') && row.stepMs !== null)
  if (peers.length > 0) lines.push('', ...ours.flatMap((row) => ratios(row, peers)))
  for (const row of rows) if (row.note !== null) lines.push(`${row.name}: ${row.note}`)
  return lines
}

/** Ours against each: times smaller is better, rates larger. */
function ratios(ours: Row, peers: readonly Row[]): string[] {
  const table = peers.map((peer) => ({
    [`${ours.name} ÷`]: peer.name,
    'step time': digits(ratio(ours.stepMs, peer.stepMs), 3),
    'first step': digits(ratio(ours.firstStepMs, peer.firstStepMs), 3),
    ...Object.fromEntries(
      MATMUL_SHAPES.map((shape) => [
        `matmul ${shapeName(shape)}`,
        digits(ratio(ours.matmul[shapeName(shape)] ?? null, peer.matmul[shapeName(shape)] ?? null), 2),
      ]),
    ),
    ...(ours.learnt ? { 'val bpb': digits(ratio(ours.learnt.valBpb, peer.learnt?.valBpb ?? null), 3) } : {}),
  }))
  return [...grid(table), '']
}

function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a / b
}

function digits(value: number | null | undefined, count: number): string {
  return value === null || value === undefined ? '–' : value.toFixed(count)
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(0)} %`
}

/** Columns side by side, the first to the left, the others to the right. */
function grid(rows: readonly Record<string, string>[]): string[] {
  if (rows.length === 0) return []
  const names = Object.keys(rows[0])
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => (row[name] ?? '').length)))
  const text = (cells: string[]) => cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd()
  return [text(names), ...rows.map((row) => text(names.map((name) => row[name] ?? '')))]
}
