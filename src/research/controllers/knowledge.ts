// What is known about the knobs of a small language model: which part of the recipe one belongs to,
// and why moving it may help. Names are matched loosely, because the program is the researcher's to rename.

import type { Knob } from '../../sandbox/contract'
import type { KnobValue } from './space'

interface Lore {
  match: RegExp
  category: string
  /** how much a knob of this kind tends to matter in a short run, about 1 */
  weight: number
  up: string
  down: string
}

const LORE: Lore[] = [
  { match: /WARM_?DOWN|COOL|DECAY_(FRAC|RATIO)/, category: 'schedule', weight: 0.9,
    up: 'a longer cool-down settles the weights before they are scored',
    down: 'more of the short budget is spent at the full learning rate' },
  { match: /WARM_?UP/, category: 'schedule', weight: 0.5,
    up: 'a gentler start keeps early steps from overshooting',
    down: 'in a short budget every step at a low rate is a step lost' },
  { match: /FINAL_LR|MIN_LR|LR_FLOOR/, category: 'schedule', weight: 0.5,
    up: 'the last steps still learn something',
    down: 'ending at a lower rate removes the last of the gradient noise' },
  { match: /WEIGHT_?DECAY|(^|_)WD($|_)/, category: 'regularisation', weight: 0.6,
    up: 'smaller weights keep the effective step from shrinking',
    down: 'a run this short hardly overfits, so less pull towards zero leaves more room to learn' },
  { match: /(HEAD|UNEMBED|OUTPUT).*LR/, category: 'lr', weight: 1,
    up: 'the head starts near zero and must travel far in few steps',
    down: 'a calmer head lets the layers below catch up' },
  { match: /EMBED.*LR|WTE.*LR/, category: 'lr', weight: 1.2,
    up: 'each embedding row is touched rarely, so it can take bigger steps',
    down: 'frequent tokens may be overshooting' },
  { match: /(SCALAR|GATE|LAMBDA).*LR/, category: 'lr', weight: 0.5,
    up: 'the mixing scalars find their place sooner',
    down: 'the mixing scalars stop wandering' },
  { match: /(^|_)LR($|_)|LEARNING_?RATE/, category: 'lr', weight: 1.5,
    up: 'bigger steps cover more ground before the budget ends',
    down: 'smaller steps waste less of each gradient on overshooting' },
  { match: /MOMENTUM_STEPS|RAMP/, category: 'optimizer', weight: 0.5,
    up: 'the first steps point in poor directions, so they are remembered less',
    down: 'in a run of few steps a slow ramp would never reach its full momentum' },
  { match: /BETA|MOMENTUM/, category: 'optimizer', weight: 0.6,
    up: 'a longer memory averages out noisy gradients',
    down: 'a shorter memory reacts faster, which counts when steps are few' },
  { match: /(^|_)EPS/, category: 'optimizer', weight: 0.3,
    up: 'rarely updated weights are kept from jumping',
    down: 'small gradients get their full step' },
  { match: /RULE|OPTIMI[SZ]ER|MUON|LION|ADAM/, category: 'optimizer', weight: 1.2,
    up: 'another update rule may use few steps better',
    down: 'another update rule may use few steps better' },
  { match: /ACCUM/, category: 'batch', weight: 0.8,
    up: 'larger batches give cleaner gradients',
    down: 'under a fixed budget smaller batches buy more optimiser steps' },
  { match: /ROWS|BATCH/, category: 'batch', weight: 1.4,
    up: 'larger batches give cleaner gradients and use the hardware better',
    down: 'under a fixed budget smaller batches buy more optimiser steps' },
  { match: /CONTEXT|SEQ_?LEN/, category: 'batch', weight: 1,
    up: 'longer context lets the model use what was said earlier',
    down: 'shorter rows are cheaper, so more text is seen' },
  { match: /DEPTH|LAYERS/, category: 'depth', weight: 1.2,
    up: 'another layer composes more of the text',
    down: 'under a short budget more steps of a shallower model beat fewer of a deep one' },
  { match: /QUERIES_PER_KV|GQA|GROUP_SIZE/, category: 'attention', weight: 0.5,
    up: 'shared keys and values save time for more steps',
    down: 'each head gets keys and values of its own' },
  { match: /KV|GROUP/, category: 'attention', weight: 0.5,
    up: 'each head gets keys of its own',
    down: 'shared keys and values save time for more steps' },
  { match: /HEAD/, category: 'attention', weight: 0.7,
    up: 'the split of the width over heads changes what each can attend to',
    down: 'the split of the width over heads changes what each can attend to' },
  { match: /WINDOW/, category: 'attention', weight: 0.8,
    up: 'a longer view reaches further back',
    down: 'a shorter view is cheaper, and most of the signal is near' },
  { match: /ROPE|ROTARY|THETA/, category: 'attention', weight: 0.6,
    up: 'slower rotations tell distant positions apart',
    down: 'faster rotations resolve the near positions that matter in a short context' },
  { match: /QK_?NORM|SOFTCAP|(^|_)CAP($|_)/, category: 'stability', weight: 0.6,
    up: 'a looser cap lets confident predictions through',
    down: 'a tighter cap keeps early logits from running away' },
  { match: /NORM/, category: 'stability', weight: 0.5,
    up: 'another normalisation keeps different things of the signal',
    down: 'another normalisation keeps different things of the signal' },
  { match: /MIX|CONV/, category: 'residual', weight: 1,
    up: 'a block that sees the tokens just before learns word pieces at once',
    down: 'without mixing each step is cheaper' },
  { match: /POSITION/, category: 'attention', weight: 0.4,
    up: 'another sense of position may suit a short context',
    down: 'another sense of position may suit a short context' },
  { match: /CLIP/, category: 'stability', weight: 0.5,
    up: 'a looser limit lets large gradients do their work',
    down: 'a tighter limit tames rare bad batches' },
  { match: /EMA|AVERAGE/, category: 'averaging', weight: 0.6,
    up: 'averaging over more steps removes noise from the scored weights',
    down: 'an average over fewer steps lags less behind' },
  { match: /ACTIVATION|(^|_)ACT($|_)|GLU|GATED/, category: 'activation', weight: 1,
    up: 'another non-linearity may carry more per parameter',
    down: 'another non-linearity may carry more per parameter' },
  { match: /MLP|FFN|EXPAN|HIDDEN/, category: 'width', weight: 0.8,
    up: 'a wider MLP stores more',
    down: 'a narrower MLP is cheaper, so more steps fit' },
  { match: /WIDTH|DIM|CHANNEL|ASPECT/, category: 'width', weight: 1.2,
    up: 'a wider model learns more from each token',
    down: 'a narrower model sees more tokens within the budget' },
  { match: /VALUE_?EMB|(^|_)VE($|_)/, category: 'embedding', weight: 0.8,
    up: 'value embeddings give attention direct access to the token',
    down: 'without value embeddings each step is cheaper' },
  { match: /RESID|X0|SKIP|LAMBDA|SHIFT|SMEAR/, category: 'residual', weight: 0.7,
    up: 'a stronger shortcut carries the token itself to every layer',
    down: 'a weaker shortcut leaves more to the layers' },
  { match: /TIE/, category: 'embedding', weight: 0.6,
    up: 'one table for input and output learns from both ends',
    down: 'separate tables can specialise' },
  { match: /INIT|STD|SCALE/, category: 'init', weight: 0.6,
    up: 'a larger start makes early gradients stronger',
    down: 'a smaller start keeps the first steps calm' },
  { match: /DROP/, category: 'regularisation', weight: 0.4,
    up: 'noise keeps the model from leaning on single features',
    down: 'a run this short has nothing to regularise' },
] // prettier-ignore

const UNKNOWN: Lore = {
  match: /^/,
  category: 'other',
  weight: 0.7,
  up: 'nothing is known about this knob yet, and a step up will tell',
  down: 'nothing is known about this knob yet, and a step down will tell',
}

function loreOf(name: string): Lore {
  const upper = name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
  return LORE.find((lore) => lore.match.test(upper)) ?? UNKNOWN
}

/** Part of the recipe that a knob belongs to. */
export function categoryOf(name: string): string {
  return loreOf(name).category
}

/** How much a knob tends to matter in a short run; about 1. */
export function weightOf(name: string): number {
  return loreOf(name).weight
}

/** "MATRIX_LR 0.02 → 0.03" */
export function changeText(knob: Knob, to: KnobValue): string {
  return `${knob.name} ${String(knob.value)} → ${String(to)}`
}

/** "raise MATRIX_LR from 0.02 to 0.03: bigger steps cover more ground before the budget ends" */
export function explainChange(knob: Knob, to: KnobValue): string {
  return `${verb(knob, to)}: ${why(knob, to)}`
}

/** The change as a clause without its reason. */
export function verb(knob: Knob, to: KnobValue): string {
  if (typeof to === 'boolean') return `turn ${knob.name} ${to ? 'on' : 'off'}`
  if (typeof to === 'number' && typeof knob.value === 'number' && knob.space.kind !== 'oneOf') {
    return `${to > knob.value ? 'raise' : 'lower'} ${knob.name} from ${knob.value} to ${to}`
  }
  return `switch ${knob.name} from ${String(knob.value)} to ${String(to)}`
}

function why(knob: Knob, to: KnobValue): string {
  const lore = loreOf(knob.name)
  const ordered = typeof to !== 'string' && typeof knob.value !== 'string'
  if (ordered) return Number(to) > Number(knob.value) ? lore.up : lore.down
  if (lore.category === 'attention') return 'another pattern of attention trades reach for speed'
  if (lore === UNKNOWN) return 'nothing is known about this choice yet, and a run will tell'
  return lore.up
}
