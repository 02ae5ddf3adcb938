// The whole description of an experiment's program, as it leaves the box: the graph plus how to train it.

import type { ModelGraph } from './ir'

/** Optimiser rules the engine knows. `muon` takes matrices only. */
export const RULES = ['adamw', 'muon', 'lion', 'sgd'] as const
export type RuleName = (typeof RULES)[number]

/**
 * One learning-rate group.
 * adamw: m,v moments bias-corrected, eps outside the root, decoupled decay: w -= lr·(m̂/(√v̂+eps) + wd·w)
 * lion:  w -= lr·(sign(β1·m + (1-β1)·g) + wd·w);  m = β2·m + (1-β2)·g            (Chen et al. 2023)
 * sgd:   m = momentum·m + g;  w -= lr·(m + wd·w)
 * muon:  Polar Express + NorMuon + cautious decay, see src/engine/optimizers.ts; lr × √max(1, rows/cols)
 */
export interface ParamGroup {
  /** names of the parameters in this group; every parameter is in exactly one */
  params: string[]
  rule: RuleName
  lr: number
  beta1: number
  beta2: number
  eps: number
  weightDecay: number
  /** muon and sgd only; for muon `ramp.momentum` overrides it step by step when given */
  momentum: number
}

/** Rows × context tokens are processed at once, `accumulate` times, before one optimiser step. */
export interface BatchSpec {
  rows: number
  context: number
  accumulate: number
}

export interface TrainingSpec {
  /** global gradient-norm limit; 0 = off */
  clip: number
  /** decay of the averaged weights used for evaluation; 0 = off */
  ema: number
}

/** Multipliers on every group's lr and weightDecay, sampled at progress i/(length-1). Linear in between. */
export interface SampledSchedule {
  lr: number[]
  weightDecay: number[]
}

/** Per-step values for the first steps, then held; empty = use the group's own. */
export interface SampledRamp {
  momentum: number[]
}

export interface ProgramSpec {
  version: 1
  batch: BatchSpec
  training: TrainingSpec
  graph: ModelGraph
  groups: ParamGroup[]
  schedule: SampledSchedule
  ramp: SampledRamp
}

/** Points on the progress grid and steps of ramp that the box samples. */
export const SCHEDULE_POINTS = 257
export const RAMP_STEPS = 2000
