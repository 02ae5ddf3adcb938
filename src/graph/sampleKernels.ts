// Custom kernels beside the built-in ops that compute the same: what tests hold them against.

import { GraphWriter } from './sampleGraphs'
import type { ModelGraph } from './ir'

/** What g.wgsl is given, but for the inputs themselves. */
export interface SampleKernel {
  name: string
  per: 'token' | 'row'
  names: string
  dims: number[]
  lanes: number
  state: number
  trips: number
  forward: string
  backward: string
}

/** max(x, 0)², an element a lane. */
export function squaredRelu(C: number): SampleKernel {
  return {
    name: 'squaredRelu', per: 'token', names: 'x', dims: [C], lanes: C, state: 0, trips: 0,
    forward: `fn forward(t: u32, lane: u32) {
  let v = max(x(lane), 0.0);
  set_y(lane, v * v);
}`,
    backward: `fn backward(t: u32, lane: u32) {
  add_dx(lane, 2.0 * max(x(lane), 0.0) * dy(lane));
}`,
  } // prettier-ignore
}

/** The mean of all tokens so far, channel by channel: a lane walks along its row and keeps a sum. */
export function cumulativeMean(C: number): SampleKernel {
  return {
    name: 'cumulativeMean', per: 'row', names: 'x', dims: [C], lanes: C, state: 1, trips: 0,
    forward: `fn forward(t: u32, lane: u32) {
  set_state(0, state(0) + x(lane));
  set_y(lane, state(0) / f32(t + 1));
}`,
    backward: `fn backward(t: u32, lane: u32) {
  set_state(0, state(0) + dy(lane) / f32(t + 1));
  add_dx(lane, state(0));
}`,
  } // prettier-ignore
}

/** x / √(mean(x²) + 1e-6) · w, w a parameter [C]: one lane a token, with loops and a function of its own. */
export function scaledNorm(C: number): SampleKernel {
  const meanSquare = `fn mean_square() -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < ${C}u; i++) { sum += x(i) * x(i); }
  return sum / ${C}.0;
}`
  return {
    name: 'scaledNorm', per: 'token', names: 'x w', dims: [C], lanes: 1, state: 0, trips: 3 * C,
    forward: `${meanSquare}
fn forward(t: u32, lane: u32) {
  let r = inverseSqrt(mean_square() + 1e-6);
  for (var i = 0u; i < ${C}u; i++) { set_y(i, x(i) * r * w(i)); }
}`,
    backward: `${meanSquare}
fn backward(t: u32, lane: u32) {
  let r = inverseSqrt(mean_square() + 1e-6);
  var along = 0.0;
  for (var i = 0u; i < ${C}u; i++) { along += dy(i) * w(i) * x(i); }
  for (var i = 0u; i < ${C}u; i++) {
    add_dx(i, r * (dy(i) * w(i) - x(i) * along * r * r / ${C}.0));
    add_dw(i, dy(i) * x(i) * r);
  }
}`,
  } // prettier-ignore
}

/** h[t] = a ⊙ h[t−1] + x[t], a a parameter [C] through a sigmoid: a recurrence that no built-in op has. */
export function recurrence(C: number): SampleKernel {
  const decay = 'fn decay(lane: u32) -> f32 { return 1.0 / (1.0 + exp(-a(lane))); }\n'
  return {
    name: 'recurrence', per: 'row', names: 'x a', dims: [C], lanes: C, state: 1, trips: 0,
    forward: `${decay}fn forward(t: u32, lane: u32) {
  set_state(0, decay(lane) * state(0) + x(lane));
  set_y(lane, state(0));
}`,
    backward: `${decay}fn backward(t: u32, lane: u32) {
  let d = decay(lane);
  let g = dy(lane) + state(0);
  add_dx(lane, g);
  if (t > 0u) { add_da(lane, g * y_at(t - 1u, lane) * d * (1.0 - d)); }
  set_state(0, g * d);
}`,
  } // prettier-ignore
}

/** The attributes of a node of the kernel. */
export function attrsOf(kernel: SampleKernel): { [K in keyof SampleKernel]: SampleKernel[K] } {
  return { ...kernel }
}

/** A small model with three custom kernels, or with built-in ops in their place: the same parameters, the same function. */
export function kernelGraph(custom: boolean, V = 7): ModelGraph {
  const C = 6
  const g = new GraphWriter()
  const tokens = g.op('tokens', [])
  const x = g.op('embedding', [g.param('table', V, C), tokens])
  const kernel = (made: SampleKernel, ...inputs: number[]) => g.op('wgsl', inputs, attrsOf(made))
  const up = g.linear(x, 'up', 2 * C, C)
  const active = custom ? kernel(squaredRelu(2 * C), up) : g.op('reluSquared', [up])
  const w = g.param('scale', 2 * C)
  const normed = custom ? kernel(scaledNorm(2 * C), active, w) : g.op('mul', [g.rmsNorm(active), w])
  const mean = custom ? kernel(cumulativeMean(2 * C), normed) : uniformAttention(g, normed, 2 * C)
  // the first kernel's output has another reader, so that gradients add up
  return g.finish(g.linear(g.op('add', [mean, active]), 'head', V, 2 * C))
}

/** Attention whose scores are all 0 looks at every token so far alike: the mean. */
function uniformAttention(g: GraphWriter, x: number, C: number): number {
  const heads = g.reshape(x, 1, C)
  const zeros = g.op('affine', [heads], { scale: 0, offset: 0 })
  return g.reshape(g.op('attention', [zeros, zeros, heads], { window: 0, scale: 1, softcap: 0 }), C)
}
