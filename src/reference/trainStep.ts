// One whole optimiser step in float64: accumulate, clip, update every group.

import { LabError } from '../core/errors'
import type { ParamGroup, ProgramSpec } from '../graph/program'
import { lossAndGradients, type Tensors } from './model'
import { adamwStep, lionStep, muonStep, sgdStep } from './optimizers'

/** What training changes. `first` and `second` are the moments m and v (muon: m and s; lion and sgd: m only). */
export interface TrainState {
  params: Tensors
  first: Tensors
  second: Tensors
  /** steps done */
  step: number
}

export interface MicroBatch {
  /** [rows·context] ids */
  tokens: Int32Array
  /** [rows·context] ids; below 0 = not counted */
  targets: Int32Array
}

export interface StepOptions {
  /** share of the budget used, 0..1 */
  progress: number
  /** multiplier on every group's lr; the program's schedule at `progress` when absent */
  lrMult?: number
  /** multiplier on every group's weightDecay; the program's schedule at `progress` when absent */
  wdMult?: number
  /** muon's momentum; the program's ramp, else the group's own, when absent */
  momentum?: number
}

function matrixSides(program: ProgramSpec, name: string): [rows: number, cols: number] {
  const shape = program.graph.params.find((param) => param.name === name)?.shape
  if (shape?.length === 2) return [shape[0], shape[1]]
  throw new LabError('program.graph', `muon takes matrices only, and "${name}" is not one.`, {
    hint: 'Move the parameter to a group with another rule.',
    data: { name },
  })
}

function secondLength(program: ProgramSpec, { rule }: ParamGroup, name: string, count: number): number {
  if (rule === 'adamw') return count
  if (rule === 'muon') return Math.max(...matrixSides(program, name))
  return 0
}

/**
 * State before the first step: copied parameters and zero moments.
 * @throws LabError "program.graph" if a muon group holds anything but matrices
 */
export function startTraining(program: ProgramSpec, params: Tensors): TrainState {
  const state: TrainState = { params: {}, first: {}, second: {}, step: 0 }
  for (const group of program.groups) {
    for (const name of group.params) {
      const count = params[name].length
      state.params[name] = params[name].slice()
      state.first[name] = new Float64Array(count)
      state.second[name] = new Float64Array(secondLength(program, group, name, count))
    }
  }
  return state
}

/**
 * A sampled curve at `progress`: samples stand at i/(length−1), straight lines between them; 1 when there are none.
 * @param samples multipliers
 * @param progress 0..1, clamped
 */
export function scheduleAt(samples: readonly number[], progress: number): number {
  if (samples.length === 0) return 1
  const position = Math.min(Math.max(progress, 0), 1) * (samples.length - 1)
  const below = Math.floor(position)
  const above = Math.min(below + 1, samples.length - 1)
  return samples[below] + (position - below) * (samples[above] - samples[below])
}

function updateParam(
  program: ProgramSpec,
  state: TrainState,
  group: ParamGroup,
  name: string,
  gradient: Float64Array,
  { lrMult, wdMult, momentum }: { lrMult: number; wdMult: number; momentum: number },
): void {
  const w = state.params[name]
  const m = state.first[name]
  const second = state.second[name]
  const { beta1, beta2, eps } = group
  const lr = group.lr * lrMult
  const weightDecay = group.weightDecay * wdMult
  switch (group.rule) {
    case 'adamw':
      adamwStep(w, gradient, { m, v: second }, { lr, beta1, beta2, eps, weightDecay, step: state.step + 1 })
      break
    case 'lion':
      lionStep(w, gradient, { m }, { lr, beta1, beta2, weightDecay })
      break
    case 'sgd':
      sgdStep(w, gradient, { m }, { lr, momentum: group.momentum, weightDecay })
      break
    case 'muon': {
      const [rows, cols] = matrixSides(program, name)
      muonStep(w, gradient, { m, s: second }, { rows, cols, lr, momentum, beta2, weightDecay })
      break
    }
  }
}

/**
 * One optimiser step over the micro-batches.
 * g = Σ gradients / count;  ‖g‖ over all parameters;  g ← g·min(1, clip/(‖g‖ + 1e-6)) when clip > 0;
 * then every parameter by its group's rule, lr × lrMult and weightDecay × wdMult
 * @param state changed in place; step goes up by one
 * @param microBatches each program.batch.rows × program.batch.context
 * @returns mean loss in nats per token, gradientNorm before clipping, averaged and clipped gradients (new)
 * @throws LabError "program.graph" if a muon group holds anything but matrices, or the graph is incomplete
 */
export function trainStep(
  program: ProgramSpec,
  state: TrainState,
  microBatches: readonly MicroBatch[],
  options: StepOptions,
): { loss: number; gradientNorm: number; gradients: Tensors } {
  const size = { B: program.batch.rows, T: program.batch.context }
  const gradients: Tensors = {}
  for (const { name } of program.graph.params) gradients[name] = new Float64Array(state.params[name].length)
  let loss = 0
  for (const { tokens, targets } of microBatches) {
    const one = lossAndGradients(program.graph, state.params, tokens, targets, size)
    loss += one.loss / microBatches.length
    for (const [name, sum] of Object.entries(gradients)) {
      for (let i = 0; i < sum.length; i++) sum[i] += one.gradients[name][i] / microBatches.length
    }
  }

  let squares = 0
  for (const gradient of Object.values(gradients)) for (const d of gradient) squares += d * d
  const gradientNorm = Math.sqrt(squares)
  const { clip } = program.training
  const clipScale = clip > 0 ? Math.min(1, clip / (gradientNorm + 1e-6)) : 1
  for (const gradient of Object.values(gradients)) {
    for (let i = 0; i < gradient.length; i++) gradient[i] *= clipScale
  }

  const lrMult = options.lrMult ?? scheduleAt(program.schedule.lr, options.progress)
  const wdMult = options.wdMult ?? scheduleAt(program.schedule.weightDecay, options.progress)
  const ramp = program.ramp.momentum
  for (const group of program.groups) {
    const momentum = options.momentum ?? ramp[Math.min(state.step, ramp.length - 1)] ?? group.momentum
    for (const name of group.params) {
      updateParam(program, state, group, name, gradients[name], { lrMult, wdMult, momentum })
    }
  }
  state.step++
  return { loss, gradientNorm, gradients }
}
