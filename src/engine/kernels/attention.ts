// Attention as kernels: never a T×T matrix, forward or backward.
//
// Two families. A software adapter runs one quad of threads per tile with everything in registers, because
// there a barrier costs more than the work between two barriers. A real GPU shares tiles through workgroup
// memory.

import backwardKvSource from '../../../shaders/attention_backward_kv.wgsl?raw'
import backwardKvTiledSource from '../../../shaders/attention_backward_kv_tiled.wgsl?raw'
import backwardQSource from '../../../shaders/attention_backward_q.wgsl?raw'
import backwardQTiledSource from '../../../shaders/attention_backward_q_tiled.wgsl?raw'
import forwardSource from '../../../shaders/attention_forward.wgsl?raw'
import forwardTiledSource from '../../../shaders/attention_forward_tiled.wgsl?raw'
import { LabError } from '../../core/errors'
import { grid, type Capabilities, type Kernel, type Lowering } from '../kernel'
import { expandTemplate, type TemplateVars } from '../template'

export interface AttentionShape {
  B: number
  T: number
  /** query heads */
  H: number
  /** key and value heads; divides H, head h reads kv head floor(h / (H/KV)) */
  KV: number
  /** head size; even, 2…256 */
  D: number
  /** keys seen before the query's own: i-window <= j <= i; 0 = all */
  window: number
  scale: number
  /** cap of the scores; 0 = none */
  softcap: number
}

// rows of a tile in attention_*_tiled.wgsl
const TILED_ROWS = 32

const read = (name: string) => ({ name, access: 'read' as const })
const write = (name: string) => ({ name, access: 'read_write' as const })

/**
 * Causal attention with a window, grouped key/value heads and an optional score cap.
 * s_ij = scale·q_i·k_j (or softcap·tanh(scale·q_i·k_j / softcap)),  out_i = Σ_j softmax_j(s_ij)·v_j
 * Bindings: q [B,T,H,D], k and v [B,T,KV,D], out [B,T,H,D] and lse [B,H,T] overwritten.
 * @throws LabError "gpu.shader" for a head size or grouping the kernels do not have
 * Source: Dao et al. 2022, arXiv:2205.14135
 */
export function attentionForward(shape: AttentionShape, caps: Capabilities): Lowering {
  const { vars, tiles } = plan(shape, caps, 2)
  const bindings = [read('q'), read('k'), read('v'), write('out'), write('lse')]
  return {
    kernels: [
      {
        name: caps.software ? 'attention_forward' : 'attention_forward_tiled',
        code: expandTemplate(caps.software ? forwardSource : forwardTiledSource, vars),
        bindings,
        workgroups: grid(shape.B * shape.H * tiles, caps),
        flops: 4 * shape.D * scoreCount(shape),
      },
    ],
  }
}

/**
 * Gradients of attentionForward, from its out and lse; probabilities are computed again, not kept.
 * dV_j = Σ_i p_ij·dOut_i;  g_ij = p_ij·(dOut_i·v_j − dOut_i·out_i)·∂s_ij/∂(q_i·k_j)
 * dQ_i = Σ_j g_ij·k_j;  dK_j = Σ_i g_ij·q_i
 * Bindings: q, k, v, out, lse, dOut as in the forward; dQ [B,T,H,D], dK and dV [B,T,KV,D] overwritten.
 * Sums are taken in a fixed order, without atomics: the same inputs give the same bits on one device.
 * @throws LabError "gpu.shader" for a head size or grouping the kernels do not have
 */
export function attentionBackward(shape: AttentionShape, caps: Capabilities): Lowering {
  const { B, T, H, KV, D } = shape
  const forQ = plan(shape, caps, 3)
  const forKv = plan(shape, caps, 4)
  const dQ: Kernel = {
    name: caps.software ? 'attention_backward_q' : 'attention_backward_q_tiled',
    code: expandTemplate(caps.software ? backwardQSource : backwardQTiledSource, forQ.vars),
    bindings: [
      read('q'), read('k'), read('v'), read('out'), read('lse'), read('dOut'), write('delta'), write('dQ'),
    ], // prettier-ignore
    workgroups: grid(B * H * forQ.tiles, caps),
    flops: 6 * D * scoreCount(shape),
  }
  const dKv: Kernel = {
    name: caps.software ? 'attention_backward_kv' : 'attention_backward_kv_tiled',
    code: expandTemplate(caps.software ? backwardKvSource : backwardKvTiledSource, forKv.vars),
    bindings: [
      read('q'), read('k'), read('v'), read('lse'), read('delta'), read('dOut'), write('dK'), write('dV'),
    ], // prettier-ignore
    workgroups: grid(B * KV * forKv.tiles, caps),
    flops: 8 * D * scoreCount(shape),
  }
  // dQ first: it also writes delta, which dK needs
  return { kernels: [dQ, dKv], scratch: { delta: B * H * T * 4 } }
}

/** Scores that are not masked: what the work is proportional to. */
function scoreCount({ B, T, H, window }: AttentionShape): number {
  const full = window > 0 ? Math.min(window + 1, T) : T
  return B * H * ((full * (full + 1)) / 2 + (T - full) * full)
}

/** Template variables and tiles per head; `resident` = how many [D] rows a thread keeps per row it owns. */
function plan(shape: AttentionShape, caps: Capabilities, resident: number) {
  const { B, T, H, KV, D, window, scale, softcap } = shape
  if (D % 2 !== 0 || D < 2 || D > 256) {
    throw new LabError('gpu.shader', `attention: head size ${D} is not even and between 2 and 256`, {
      hint: 'Choose a head size such as 32 or 64.',
    })
  }
  if (KV < 1 || H % KV !== 0) {
    throw new LabError('gpu.shader', `attention: ${KV} key/value heads do not divide ${H} heads`, {
      hint: 'Make the number of heads a multiple of the number of key/value heads.',
    })
  }
  const W = D % 4 === 0 ? 4 : 2
  const quad = caps.subgroups && caps.subgroupMinSize >= 4
  const budget = 512
  const R = Math.max(1, Math.min(4, Math.floor(budget / (resident * D))))
  const tiles = Math.ceil(T / (caps.software ? 4 * R : TILED_ROWS))
  const vars: TemplateVars = {
    B, T, H, KV, W, R,
    NV: D / W, // vectors a row
    NC: Math.ceil(D / W / 8), // chunks of eight vectors, tiled kernels only
    VEC: `vec${W}f`,
    TILES: tiles,
    // a window as long as the row is no window
    WINDOW: window >= T - 1 ? 0 : window,
    QUAD: quad,
    // without a quad to share loads, long unrolled steps only cost compile time
    N: quad ? 4 : 2,
    SOFTCAP: softcap > 0,
    scale: literal(scale),
    softcap: literal(softcap),
    minusTwoOverCap: literal(softcap > 0 ? -2 / softcap : 0),
  } // prettier-ignore
  return { vars, tiles }
}

/** A number as f32 WGSL text. */
function literal(value: number): string {
  return `${Math.fround(value)}f`
}
