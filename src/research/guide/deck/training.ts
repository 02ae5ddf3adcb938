// Ideas about how the model is trained.

import type { Idea } from './types'

export const TRAINING: readonly Idea[] = [
  {
    name: 'small batches',
    category: 'batch',
    sentence: 'Half as many rows: under a fixed budget that buys more optimiser steps, and small batches train well.',
    source: 'Marek et al. 2025, arXiv:2507.07101',
    knobs: { ROWS: { times: 0.5 } },
  },
  {
    name: 'large batches',
    category: 'batch',
    sentence: 'Twice as many rows: below the critical batch size noise, not the number of steps, limits what a step is worth.',
    source: 'McCandlish et al. 2018, arXiv:1812.06162',
    knobs: { ROWS: { times: 2 } },
  },
  {
    name: 'long second-moment memory',
    category: 'optimizer',
    sentence: 'A β₂ of 0.99: with small batches the second moment must be averaged over as many tokens as with large ones.',
    source: 'Marek et al. 2025, arXiv:2507.07101',
    knobs: { ADAM_BETA2: 0.99 },
  },
  {
    name: 'decay to zero over the whole run',
    category: 'schedule',
    sentence: 'The rate falls linearly from the first step to the last: it averages over more of the noise than a late fall.',
    source: 'Bergsma et al. 2025, arXiv:2502.15938',
    knobs: { WARMDOWN_RATIO: 1, FINAL_LR_FRAC: 0 },
  },
  {
    name: 'short cool-down',
    category: 'schedule',
    sentence: 'Full rate for four fifths of the run, then down: most of the gain of cooling comes quickly.',
    source: 'Hu et al. 2024, arXiv:2404.06395',
    knobs: { WARMDOWN_RATIO: 0.2 },
  },
  {
    name: 'short warm-up',
    category: 'schedule',
    sentence: 'The rate rises over the first twentieth of the run: early gradients are large and point anywhere.',
    source: 'Goyal et al. 2017, arXiv:1706.02677',
    knobs: { WARMUP_RATIO: 0.05 },
  },
  {
    name: 'gradient clipping',
    category: 'stability',
    sentence: 'Gradients longer than 1 are cut to 1: rare bad batches no longer undo many good ones.',
    source: 'Pascanu et al. 2012, arXiv:1211.5063',
    knobs: { CLIP: 1 },
  },
  {
    name: 'Lion',
    category: 'optimizer',
    sentence: 'Steps by the sign of the momentum for the matrices: half the state, and each step is cheap.',
    source: 'Chen et al. 2023, arXiv:2302.06675',
    knobs: { MATRIX_RULE: 'lion' },
  },
  {
    name: 'AdamW for the matrices',
    category: 'optimizer',
    sentence: 'Plain AdamW: where a step of Muon costs as much as a small model’s own, more steps may be worth more.',
    source: 'Loshchilov and Hutter 2017, arXiv:1711.05101',
    knobs: { MATRIX_RULE: 'adamw' },
  },
  {
    name: 'fast momentum',
    category: 'optimizer',
    sentence: 'Muon’s memory reaches its full length after 50 steps: in a run of few hundred a slow rise never ends.',
    source: 'Jordan et al. 2024, kellerjordan.github.io/posts/muon',
    knobs: { MOMENTUM_STEPS: 50 },
  },
  {
    name: 'no weight decay',
    category: 'regularisation',
    sentence: 'A run that sees each token about once does not overfit: nothing needs to pull towards zero.',
    source: 'D’Angelo et al. 2023, arXiv:2310.04415',
    knobs: { WEIGHT_DECAY: 0 },
  },
  {
    name: 'averaged weights',
    category: 'averaging',
    sentence: 'The judge scores an average over the last hundred steps or so: noise of the last steps goes, as with a lower rate.',
    source: 'Kaddour 2022, arXiv:2209.14981',
    edits: [{ find: 'ema: 0 }', replace: 'ema: 0.99 }' }],
  },
  {
    name: 'cosine schedule',
    category: 'schedule',
    sentence: 'The rate falls along half a cosine: slow to start, slow to end.',
    source: 'Loshchilov and Hutter 2016, arXiv:1608.03983',
    edits: [
      {
        find: '(1 - FINAL_LR_FRAC) * (left / WARMDOWN_RATIO)',
        replace: '(1 - FINAL_LR_FRAC) * (0.5 - 0.5 * Math.cos((Math.PI * left) / WARMDOWN_RATIO))',
      },
    ],
  },
  {
    name: 'square-root cool-down',
    category: 'schedule',
    sentence: 'The rate falls as 1 − √ of the way: fast first, then long at low rates, which did best among shapes.',
    source: 'Hägele et al. 2024, arXiv:2405.18392',
    edits: [
      {
        find: '(1 - FINAL_LR_FRAC) * (left / WARMDOWN_RATIO)',
        replace: '(1 - FINAL_LR_FRAC) * (1 - Math.sqrt(1 - left / WARMDOWN_RATIO))',
      },
    ],
  },
  {
    name: 'smaller embeddings',
    category: 'init',
    sentence: 'Embeddings start at a third of their size: the same step then turns them further, so rare tokens learn sooner.',
    source: 'Takase et al. 2023, arXiv:2312.16903',
    edits: [{ find: "g.param('embed', [vocab, C], g.normal(1))", replace: "g.param('embed', [vocab, C], g.normal(0.3))" }],
  },
]
