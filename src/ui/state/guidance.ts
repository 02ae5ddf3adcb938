// Modes, orders and ends in words, each with a sign of its own: colour is never the only difference.

import type { EndKind, Mode, OrderKind } from '../../research/guide/types'
import type { IconName } from '../views/Icon'

export const MODES: Record<Mode, { label: string; icon: IconName; meaning: string }> = {
  explore: { label: 'Explore', icon: 'compass', meaning: 'tries what has been tried little' },
  exploit: { label: 'Exploit', icon: 'target', meaning: 'stays near what works' },
  combine: { label: 'Combine', icon: 'merge', meaning: 'puts near misses together' },
  ablate: { label: 'Ablate', icon: 'minus', meaning: 'takes a kept change out again, to see whether it still helps' },
}

export const ORDERS: Record<OrderKind, string> = {
  review: 'written review',
  fork: 'fork',
  invert: 'assumption inverted',
  shrink: 'half the size',
  quota: 'another category',
  novelty: 'something new',
  idea: 'idea given',
  combine: 'near misses combined',
  ablate: 'ablation',
  note: 'your note',
}

export const ENDS: Record<EndKind, { label: string; icon: IconName; meaning: string }> = {
  CONVERGED: { label: 'Converged', icon: 'check', meaning: 'The target was met, or the last gains were too small to be told apart and nothing came after them.' },
  PLATEAU: { label: 'Plateau', icon: 'bar', meaning: 'Nothing was kept for long.' },
  CEILING: { label: 'Ceiling', icon: 'target', meaning: 'The best is as good as the text itself allows.' },
  BLOCKED: { label: 'Blocked', icon: 'warn', meaning: 'Nothing runs, or nothing is proposed: it needs you.' },
}
