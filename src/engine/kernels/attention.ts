// Attention as kernels: never a T×T matrix, forward or backward.
//
// Two families, each one template for forward, backward_q and backward_kv. A software adapter runs one quad of threads
// per tile with everything in registers, because there a barrier costs more than the work between two barriers. A real
// GPU shares tiles through workgroup memory.

import library from '../../../shaders/lib/attention.wgsl?raw'
import software from '../../../shaders/attention_software.wgsl?raw'
import tiled from '../../../shaders/attention_tiled.wgsl?raw'
import { LabError } from '../../core/errors'
import type { AttentionShape } from '../../graph/tape'
import { grid, type Capabilities, type Kernel, type Lowering } from '../kernel'
import { expandTemplate } from '../template'

/**
 * Causal attention with a window, grouped key/value heads and an optional score cap.
 * s_ij = scale·q_i·k_j (or softcap·tanh(scale·q_i·k_j / softcap)),  out_i = Σ_j softmax_j(s_ij)·v_j
 * Bindings: q [B,T,H,D], k and v [B,T,KV,D], out [B,T,H,D] and lse [B,H,T] overwritten.
 * @throws LabError "gpu.shader" for a head size or grouping the kernels do not have
 * Source: Dao et al. 2022, arXiv:2205.14135
 */
export function attentionForward(shape: AttentionShape, caps: Capabilities): Lowering {
  return { kernels: [attentionKernel('forward', ['q', 'k', 'v', 'out', 'lse'], shape, caps)] }
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
  const forQ = ['q', 'k', 'v', 'out', 'lse', 'dOut', 'delta', 'dQ']
  const forKv = ['q', 'k', 'v', 'lse', 'delta', 'dOut', 'dK', 'dV']
  // dQ first: it also writes delta, which dK needs
  return {
    kernels: [
      attentionKernel('backward_q', forQ, shape, caps),
      attentionKernel('backward_kv', forKv, shape, caps),
    ],
    scratch: { delta: shape.B * shape.H * shape.T * 4 },
  }
}

// What the templates of lib/attention.wgsl call each tensor, the products of a score (each 2·D operations), and writes.
const ROLES = {
  forward: { own: ['q', ''], streamed: ['k', 'v'], results: ['out', ''], products: 2, written: ['out', 'lse'] },
  backward_q: { own: ['q', 'dOut'], streamed: ['k', 'v'], results: ['dQ', ''], products: 3, written: ['dQ', 'delta'] },
  backward_kv: { own: ['k', 'v'], streamed: ['q', 'dOut'], results: ['dK', 'dV'], products: 4, written: ['dK', 'dV'] },
}

function attentionKernel(mode: keyof typeof ROLES, names: string[], shape: AttentionShape, caps: Capabilities): Kernel {
  check(shape)
  const { B, T, H, KV, D, scale, softcap } = shape
  const { own, streamed, results, products, written } = ROLES[mode]
  const W = D % 4 === 0 ? 4 : 2
  const NV = D / W
  const QUAD = caps.software && caps.subgroups && caps.subgroupMinSize >= 4
  // Vectors of a row at a time. Software adapters: all of them, or a run where that would take too long to compile, which
  // grows faster than the text; then R rows share what is loaded. GPUs: what fits into workgroup memory.
  const SPAN = caps.software ? unrolled(NV, QUAD ? 16 : 2) : NV > 8 ? 16 : 8
  const R = SPAN < NV ? 2 : Math.max(1, Math.min(4, Math.floor(16 / SPAN)))
  const ROWS = caps.software ? 4 * R : 32
  const STEP = caps.software ? 4 : 32
  const TILES = Math.ceil(T / ROWS)
  const KEYS = mode === 'backward_kv'
  const FORWARD = mode === 'forward'
  const owners = KEYS ? KV : H
  // a window as long as the row is no window
  const WINDOW = shape.window >= T - 1 ? 0 : shape.window
  const rowStat = (name: string) => name === 'lse' || name === 'delta'
  const bindings = names.map((name) => ({ name, access: written.includes(name) ? ('read_write' as const) : ('read' as const) }))
  const declare = ({ name, access }: Kernel['bindings'][number], i: number) =>
    `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${rowStat(name) ? 'f32' : `vec${W}f`}>;`
  const code = expandTemplate(`${library}\n${caps.software ? software : tiled}`, {
    T, H, KV, W, NV, R, ROWS, STEP, SPAN, TILES, KEYS, FORWARD, WINDOW,
    QUERIES: mode === 'backward_q',
    REACH: WINDOW === 0 ? T : WINDOW + (KEYS ? ROWS : 0), // how far from a tile's first row range() looks
    DOTS: FORWARD ? 1 : 2,
    RESULTS: KEYS ? 2 : 1,
    LOOPED: SPAN < NV,
    C0: SPAN < NV ? ' + c0' : '',
    NC: Math.ceil(NV / 8),
    CHUNKS: Math.ceil(NV / SPAN),
    VEC: `vec${W}f`,
    OWN_HEADS: owners, STREAM_HEADS: KEYS ? H : KV,
    OWN0: own[0], OWN1: own[1], STREAM0: streamed[0], STREAM1: streamed[1], RESULT0: results[0], RESULT1: results[1],
    BINDINGS: bindings.map(declare).join('\n'),
    QUAD,
    SOFTCAP: softcap > 0,
    scale: literal(scale),
    softcap: literal(softcap),
    minusTwoScaleOverCap: literal(softcap > 0 ? (-2 * scale) / softcap : 0),
  }) // prettier-ignore
  return {
    name: `attention_${mode}`,
    code,
    bindings,
    workgroups: grid(B * owners * TILES, caps),
    flops: 2 * products * D * scoreCount(shape),
    // half as fast as a product, and the tiles that meet the most rows meet twice as many as the rest
    slowness: 4,
    // bytes: each tensor once, which is what an absent figure stands for
  }
}

/** The vectors of a row that attention_software unrolls: all `NV` of them if no more than `most`, else a small divisor. */
function unrolled(NV: number, most: number): number {
  if (NV <= most) return NV
  return [4, 3, 2].find((span) => span <= most && NV % span === 0) ?? 1
}

/** Scores that are not masked: what the work is proportional to. */
function scoreCount({ B, T, H, window }: AttentionShape): number {
  const full = window > 0 ? Math.min(window + 1, T) : T
  return B * H * ((full * (full + 1)) / 2 + (T - full) * full)
}

function check({ H, KV, D }: AttentionShape): void {
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
}

/** A number as f32 WGSL text. */
function literal(value: number): string {
  return `${Math.fround(value)}f`
}
