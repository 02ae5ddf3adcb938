// Matrix products: picks the kernel for the adapter and the shape, and its tile.

import generic from '../../../shaders/matmul_generic.wgsl?raw'
import software from '../../../shaders/matmul_software.wgsl?raw'
import tiled from '../../../shaders/matmul_tiled.wgsl?raw'
import type { Access, Capabilities, Kernel, Lowering } from '../kernel'
import { expandTemplate } from '../template'

export type Orient = 'NN' | 'NT' | 'TN'

export interface MatmulShape {
  orient: Orient
  M: number
  N: number
  K: number
  /** products of the same shape, `strides` floats apart */
  batch?: { count: number; a: number; b: number; c: number }
  /** C = mixture[0]·A·B + mixture[1]·D; the numbers are bound, so that they do not ask for another kernel */
  mix?: boolean
  bias?: boolean
  accumulate?: boolean
}

/**
 * C = op(A)·op(B), mixed with D or with a bias added, or added to C with `accumulate`.
 * Bindings: a, b, c, then d and mixture f32 [2] (with mix) or bias f32 [N]. NN: A [M,K], B [K,N]; NT: B [N,K]; TN: A [K,M].
 */
export function matmul(shape: MatmulShape, caps: Capabilities): Lowering {
  const { orient, M, N, K } = shape
  const name = `matmul_${orient.toLowerCase()}`
  const bindings: { name: string; access: Access }[] = [
    { name: 'a', access: 'read' },
    { name: 'b', access: 'read' },
    { name: 'c', access: 'read_write' },
  ]
  if (shape.mix) bindings.push({ name: 'd', access: 'read' }, { name: 'mixture', access: 'read' })
  if (shape.bias) bindings.push({ name: 'bias', access: 'read' })
  const count = shape.batch?.count ?? 1
  const vars = {
    M,
    N,
    K,
    MIX: shape.mix ?? false,
    BIAS: shape.bias ?? false,
    ACC: shape.accumulate ?? false,
    A_STRIDE: shape.batch?.a ?? 0,
    B_STRIDE: shape.batch?.b ?? 0,
    C_STRIDE: shape.batch?.c ?? 0,
    A_ROW: orient === 'TN' ? 1 : K,
    A_COL: orient === 'TN' ? M : 1,
    B_ROW: orient === 'NT' ? 1 : N,
    B_COL: orient === 'NT' ? K : 1,
  }
  const finish = (code: string, workgroups: Kernel['workgroups']): Lowering => ({
    kernels: [{ name, code, bindings, workgroups, flops: 2 * M * N * K * count }],
  })
  if (!caps.software) {
    const code = expandTemplate(tiled, { ...vars, A_ALONG_K: orient !== 'TN', B_ALONG_N: orient !== 'NT' })
    return finish(code, [Math.ceil(N / 64), Math.ceil(M / 64), count])
  }
  const strides = [vars.A_STRIDE, vars.B_STRIDE, vars.C_STRIDE]
  const vectors = N % 4 === 0 && K % 4 === 0 && (orient !== 'TN' || M % 4 === 0) && strides.every((s) => s % 4 === 0)
  if (!vectors) return finish(expandTemplate(generic, vars), [Math.ceil(N / 32), Math.ceil(M / 32), count])
  const quads = caps.subgroups && caps.subgroupMinSize >= 4
  const { TM, TN, WX, WY } = softwareTile(shape, count)
  const ROWS = orient === 'TN' || count > 1 ? M : 0 // 0: read from the binding
  const code = expandTemplate(software, { ...vars, ROWS, ORIENT: orient, NN: 'NN', NT: 'NT', QUADS: quads, TM, TN, WX, WY })
  return finish(code, [Math.ceil(N / TN / WX), Math.ceil(M / TM / WY), count])
}

/** Products below this many floating-point operations take a small tile, which compiles several times as fast. */
const SMALL_FLOPS = 8e6

/**
 * Register tile and workgroup of the software kernel: the measured best, made smaller when the product is small or
 * has too few tiles to keep the cores busy (fewer than 64 quads of threads).
 */
function softwareTile({ orient, M, N, K }: MatmulShape, count: number) {
  const big: [number, number][] = orient === 'NT' ? [[16, 8], [8, 8], [8, 4], [4, 4]] : [[16, 8], [16, 4], [8, 4], [4, 4]] // prettier-ignore
  const candidates = 2 * M * N * K * count < SMALL_FLOPS ? big.slice(2) : big
  const WX = 4
  const quads = ([TM, TN]: [number, number]) => Math.ceil(M / TM) * Math.ceil(N / (TN * WX)) * count
  const tile = candidates.find((t) => quads(t) >= 64) ?? candidates[candidates.length - 1]
  return { TM: tile[0], TN: tile[1], WX, WY: quads(tile) >= 256 ? 4 : 1 }
}
