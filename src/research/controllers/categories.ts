// Kinds of change, for quotas, coverage and charts: what a model may name, and what the knobs' names are read as.

export const CATEGORIES = [
  'lr',
  'schedule',
  'optimizer',
  'regularisation',
  'averaging',
  'batch',
  'depth',
  'width',
  'size',
  'attention',
  'activation',
  'embedding',
  'residual',
  'init',
  'stability',
  'kernel',
  'simplification',
  'combination',
  'ablation',
  'review',
  'other',
] as const

export type Category = (typeof CATEGORIES)[number]
