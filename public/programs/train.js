// train.js: the whole experiment, and the only file that research may change.
//
// It runs once, before training, in a box without clock, network or randomness, and only describes: the model as a
// graph of ops, how each parameter is trained, and how rates change over the run. The lab does the rest (data, seed,
// loss, time, score), the same way for every version of this file.
//
// In the box: knob(value, space), vocab (number of token ids), tier ('software', 'integrated' or 'discrete').
// A knob that only counts beside certain values of an earlier knob says so: when: { RULE: ['muon'] } beside its space.
// Shapes in comments: B rows, T tokens, C channels, H heads, D channels per head.

// ---- knobs: numbers and choices that a researcher may turn ---------------------------------------------------------

// size
const DEPTH = knob(3, { int: [1, 12] }) // blocks
const WIDTH = knob(64, { int: [32, 768] }) // C, rounded to a multiple of 16
const HEAD_DIM = knob(32, { oneOf: [16, 32, 64, 128] }) // D
const QUERIES_PER_KV = knob(1, { oneOf: [1, 2, 4] }) // query heads that share one key and value head

// batch: ROWS × CONTEXT tokens a step
const ROWS = knob(4, { pow2: [1, 64] })
const CONTEXT = knob(128, { pow2: [32, 1024] })
const ACCUMULATE = knob(1, { pow2: [1, 8] }) // batches added up before one step

// architecture
const ACTIVATION = knob('reluSquared', { oneOf: ['reluSquared', 'gelu', 'silu', 'swiglu', 'geglu'] })
const NORM = knob('rmsNorm', { oneOf: ['rmsNorm', 'layerNorm'] })
const WINDOW_PATTERN = knob('SSSL', { oneOf: ['L', 'SL', 'SSL', 'SSSL', 'S'] }) // L looks at all, S at half the context
const POSITION = knob('rope', { oneOf: ['rope', 'none'] })
const ROPE_BASE = knob(10000, { log: [100, 1000000], when: { POSITION: ['rope'] } })
const QK_NORM = knob(true, { oneOf: [true, false] })
const VALUE_EMBEDDINGS = knob(true, { oneOf: [true, false] })
const X0_SKIP = knob(true, { oneOf: [true, false] }) // feed the first embedding into every block
const TOKEN_MIX = knob('none', { oneOf: ['none', 'shift', 'conv'] }) // let a block see the tokens just before
const SOFTCAP = knob(15, { log: [5, 100] }) // logits stay within ±SOFTCAP

// training
const MATRIX_RULE = knob('muon', { oneOf: ['muon', 'adamw', 'lion'] })
const MATRIX_LR = knob(0.04, { log: [0.002, 0.4] })
const EMBEDDING_LR = knob(0.6, { log: [0.03, 3] })
const UNEMBEDDING_LR = knob(0.004, { log: [0.0002, 0.08] })
const SCALAR_LR = knob(0.5, { log: [0.02, 4] })
const WEIGHT_DECAY = knob(0.2, { linear: [0, 0.6] })
const ADAM_BETA1 = knob(0.8, { linear: [0.5, 0.95] })
const ADAM_BETA2 = knob(0.95, { linear: [0.8, 0.999] })
const WARMUP_RATIO = knob(0, { linear: [0, 0.4] }) // of the run, lr rises from 0
const WARMDOWN_RATIO = knob(0.5, { linear: [0, 1] }) // of the run, lr falls to FINAL_LR_FRAC
const FINAL_LR_FRAC = knob(0, { linear: [0, 0.3] })
const MOMENTUM_STEPS = knob(300, { int: [1, 1000], when: { MATRIX_RULE: ['muon'] } }) // Muon's momentum rises over these
const CLIP = knob(0, { oneOf: [0, 0.5, 1, 2] }) // limit on the gradient's norm, 0 = none

// ---- sizes that follow from the knobs ------------------------------------------------------------------------------

const C = 16 * Math.max(1, Math.round(WIDTH / 16)) // GPU kernels like channels in sixteens
const D = HEAD_DIM
const H = Math.max(1, Math.round(C / D))
let KV = Math.max(1, Math.floor(H / QUERIES_PER_KV)) // key and value heads; must divide H
while (H % KV !== 0) KV--

export const batch = { rows: ROWS, context: CONTEXT, accumulate: ACCUMULATE }
export const training = { clip: CLIP, ema: 0 }

// ---- the model: tokens [B,T] -> logits [B,T,vocab] -----------------------------------------------------------------
//
// g writes down one op per call, on the dims after B and T; a number may stand for either side of + - * /:
//   g.param(name, shape, g.zeros() | g.constant(v) | g.normal(std) | g.uniform(bound))      the same name is shared
//   embedding(table, tokens)  linear(x, weight [out, in], bias?)  attention(q, k, v, { window, scale, softcap })
//   rope(x, { base })  rmsNorm(x, { eps })  layerNorm(x, { eps })  softmax(x)  dropout(x, { rate })
//   shift(x, { by })  conv(x, weight [C, taps])                                            these look back only
//   add sub mul div maximum minimum (a, b)  scale(x, k)  affine(x, { scale, offset })  softcap(x, { cap })
//   relu reluSquared gelu silu sigmoid tanh exp log sqrt rsqrt reciprocal square abs neg sin cos (x)
//   sum(x)  mean(x)  reshape(x, dims)  transpose(x, perm)  slice(x, { axis, start, end })  concat([a, b], { axis })
//   wgsl({ name, per, inputs: { x }, output: [C], lanes, forward, backward })    a GPU kernel of your own: see kernels.md

export function model(g, tokens) {
  const norm = (x) => g[NORM](x)
  // Weights start uniform with standard deviation 1/√inputs, so that signals keep their size from layer to layer.
  const start = g.uniform(Math.sqrt(3 / C))
  const matrix = (name, outputs, inputs, init) => g.param(name, [outputs, inputs], init)

  const embedded = g.embedding(g.param('embed', [vocab, C], g.normal(1)), tokens)
  const x0 = norm(embedded)
  let x = x0
  for (let i = 0; i < DEPTH; i++) {
    // Two learned numbers a layer: how much of the stream goes on, how much of the first embedding comes back.
    x = g.mul(x, g.param(`resid.${i}`, [1], g.constant(1)))
    if (X0_SKIP) x = g.add(x, g.mul(x0, g.param(`x0.${i}`, [1], g.constant(0.1))))
    x = g.add(x, attention(norm(x), i))
    x = g.add(x, mlp(norm(x), i))
  }
  // Almost zero at first: every token starts as likely as any other.
  const logits = g.linear(norm(x), matrix('head', vocab, C, g.normal(0.001)))
  return g.softcap(logits, { cap: SOFTCAP })

  function attention(x, i) {
    x = mixTokens(x, i)
    const heads = (name, count) => g.reshape(g.linear(x, matrix(`block.${i}.${name}`, count * D, C, start)), [count, D])
    let q = heads('query', H)
    let k = heads('key', KV)
    let v = heads('value', KV)
    if (POSITION === 'rope') {
      q = g.rope(q, { base: ROPE_BASE })
      k = g.rope(k, { base: ROPE_BASE })
    }
    if (QK_NORM) {
      q = g.rmsNorm(q)
      k = g.rmsNorm(k)
    }
    // Every other layer, the last one included, adds to each value what it knows of the token itself.
    if (VALUE_EMBEDDINGS && (DEPTH - 1 - i) % 2 === 0) v = g.add(v, valueEmbedding(x, i))
    const y = g.attention(q, k, v, { window: windowOf(i) }) // [B,T,H,D]
    // Starts at zero, like `down` below: every block begins as "change nothing" and learns from there.
    return g.linear(g.reshape(y, [H * D]), matrix(`block.${i}.out`, C, H * D, g.zeros()))
  }

  function valueEmbedding(x, i) {
    const table = g.param(`values.${i}`, [vocab, KV * D], start)
    const values = g.reshape(g.embedding(table, tokens), [KV, D])
    // One gate per head from a few channels: 2·sigmoid(0) = 1 at the start.
    const few = Math.min(32, C)
    const gate = g.linear(g.slice(x, { end: few }), matrix(`block.${i}.gate`, KV, few, g.zeros()))
    return g.mul(values, g.reshape(g.scale(g.sigmoid(gate), 2), [KV, 1]))
  }

  function mlp(x, i) {
    const gated = { swiglu: 'silu', geglu: 'gelu' }[ACTIVATION]
    // A gated MLP has three matrices instead of two: two thirds of the width make it as large.
    const hidden = gated ? 16 * Math.round((4 * C * 2) / 3 / 16) : 4 * C
    const up = g.linear(x, matrix(`block.${i}.up`, hidden, C, start))
    const active = gated
      ? g.mul(g[gated](g.linear(x, matrix(`block.${i}.upGate`, hidden, C, start))), up)
      : g[ACTIVATION](up)
    return g.linear(active, matrix(`block.${i}.down`, C, hidden, g.zeros()))
  }

  // Both start as "change nothing": the learned weights of the earlier tokens are zero.
  function mixTokens(x, i) {
    if (TOKEN_MIX === 'shift') return g.add(x, g.mul(g.shift(x, { by: 1 }), g.param(`mix.${i}`, [C], g.zeros())))
    if (TOKEN_MIX === 'conv') return g.add(x, g.conv(x, g.param(`mix.${i}`, [C, 4], g.zeros())))
    return x
  }

  // How many tokens a layer looks back besides its own; 0 = all. The last layer always sees everything.
  function windowOf(i) {
    const letter = WINDOW_PATTERN[i % WINDOW_PATTERN.length]
    return letter === 'L' || i === DEPTH - 1 ? 0 : CONTEXT / 2
  }
}

// ---- how parameters are trained: the first group that matches takes the parameter ----------------------------------

export function optimizer() {
  const adamw = { rule: 'adamw', beta1: ADAM_BETA1, beta2: ADAM_BETA2, eps: 1e-10, weightDecay: 0 }
  const scale = (C / 768) ** -0.5 // wider models want smaller steps
  // Muon turns every update into an orthogonal one; the other rules need far smaller rates for the same matrices.
  const matrixLr = MATRIX_LR * { muon: 1, adamw: 0.1, lion: 0.01 }[MATRIX_RULE]
  return [
    { match: 'head', ...adamw, lr: UNEMBEDDING_LR * scale },
    { match: ['embed', 'values.*'], ...adamw, lr: EMBEDDING_LR * scale },
    { match: 'resid.*', ...adamw, lr: SCALAR_LR * 0.01 }, // they multiply over the layers: step carefully
    { match: 'x0.*', ...adamw, lr: SCALAR_LR, beta1: 0.96 },
    { match: 'mix.*', ...adamw, lr: SCALAR_LR * 0.1 },
    { match: 'block.*', rule: MATRIX_RULE, lr: matrixLr, weightDecay: WEIGHT_DECAY },
  ]
}

// ---- over the run: multipliers of lr and weightDecay; progress goes from 0 to 1 -------------------------------------

export function schedule({ progress }) {
  let lr = 1
  if (progress < WARMUP_RATIO) lr = progress / WARMUP_RATIO
  const left = 1 - progress
  if (left < WARMDOWN_RATIO) lr = Math.min(lr, FINAL_LR_FRAC + (1 - FINAL_LR_FRAC) * (left / WARMDOWN_RATIO))
  return { lr, weightDecay: left }
}

// The first steps point in poor directions, so Muon starts with a shorter memory of them.
export function ramp({ step }) {
  return { momentum: 0.85 + 0.1 * Math.min(1, step / MOMENTUM_STEPS) }
}
