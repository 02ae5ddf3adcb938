// The researcher that changes nothing: it measures the judge. Each proposal adds parameters that are multiplied by
// zero and never trained. What is computed stays the same, but the initial weights behind them are drawn anew, as any
// real change would do to them. Whatever of this is kept, is kept by luck.

import { parse } from 'acorn'
import { LabError } from '../../core/errors'
import type { Controller } from '../types'

/** Idle parameters of a shape at most, for as many shapes: 8⁴ ways to draw the same model. */
const MOST = 7
const SHAPES = 4

/** A controller whose every change does nothing. */
export function createNoop(): Controller {
  return {
    name: 'noop',
    async propose({ source, lab: { nextNumber }, rng }) {
      const counts = Array.from({ length: SHAPES }, () => rng.int(MOST + 1))
      counts[rng.int(SHAPES)] ||= 1
      return {
        hypothesis: 'Nothing changes but the numbers that the weights start from.',
        description: `idle parameters ${counts.join('-')}`,
        category: 'no-op',
        expectedDelta: 0,
        expectedProbability: 0.05,
        source: withIdle(source, nextNumber, counts),
      }
    },
  }
}

/** Wraps model and optimizer of a program in ones that add `counts[i]` idle parameters of its i-th drawn shape. */
function withIdle(source: string, number: number, counts: readonly number[]): string {
  const inner = (name: string) => `${name}Without${number}`
  let text = source
  const [model, optimizer] = ['model', 'optimizer'].map((name) => exportedFunction(source, name))
  for (const { start, nameStart, name } of [model, optimizer].sort((a, b) => b.start - a.start)) {
    text = text.slice(0, start) + text.slice(start + 'export '.length, nameStart) + inner(name) + text.slice(nameStart + name.length)
  }
  return `${text}
// Does nothing: parameters of the shapes that are drawn at random, times zero.
export function model(g, tokens) {
  const drawn = new Map()
  const param = (name, shape, start) => {
    const key = shape.join()
    const isDrawn = start.kind === 'normal' || start.kind === 'uniform'
    if (isDrawn && !drawn.has(key)) drawn.set(key, { size: shape.reduce((n, d) => n * d, 1), shape, start })
    return g.param(name, shape, start)
  }
  const logits = ${inner('model')}({ ...g, param }, tokens)
  const counts = ${JSON.stringify(counts)}
  let nothing = g.scale(g.param('idle${number}.0', [1], g.zeros()), 0)
  for (const [i, { size, shape, start }] of [...drawn.values()].entries())
    for (let n = 0; n < (counts[i] ?? 0); n++) {
      const idle = g.param(\`idle${number}.\${i}.\${n}\`, shape, start)
      nothing = g.add(nothing, g.scale(g.mean(g.reshape(idle, [size])), 0))
    }
  return g.add(nothing, logits)
}

export function optimizer(params) {
  const never = { rule: 'adamw', lr: 0, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0 }
  return [{ match: 'idle${number}.*', ...never }, ...${inner('optimizer')}(params)]
}
`
}

/** @throws LabError "controller.exhausted" when the program has no such `export function` */
function exportedFunction(source: string, name: string): { start: number; nameStart: number; name: string } {
  for (const statement of parse(source, { ecmaVersion: 'latest', sourceType: 'module' }).body) {
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration?.type !== 'FunctionDeclaration') continue
    const { id } = statement.declaration
    if (id?.name === name) return { start: statement.start, nameStart: id.start, name }
  }
  throw new LabError('controller.exhausted', `train.js has no "export function ${name}".`, {
    hint: 'The no-op researcher wraps it; write it so, or choose another researcher.',
  })
}
