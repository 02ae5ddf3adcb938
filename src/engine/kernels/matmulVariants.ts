// The variants of a matrix product: which there are, which an adapter may be given, and which it gets unmeasured.

import type { Capabilities } from '../kernel'

export type Orient = 'NN' | 'NT' | 'TN'

/** One variant, written as `software 16x8 4x1` or `tiled 64x64 4x4 k16 s2`. */
export type Variant =
  /** registers only: a thread's tile TM×TN, threads of a workgroup WX×WY; `quads`: A shared by quadBroadcast */
  | { family: 'software'; TM: number; TN: number; WX: number; WY: number; quads: boolean }
  /** workgroup memory: a workgroup's tile BM×BN, a thread's TM×TN, BK steps of k at a time, the sum split in `splits` */
  | { family: 'tiled'; BM: number; BN: number; TM: number; TN: number; BK: number; splits: number }

export function variantName(v: Variant): string {
  return v.family === 'software'
    ? `software ${v.TM}x${v.TN} ${v.WX}x${v.WY}${v.quads ? ' quads' : ''}`
    : `tiled ${v.BM}x${v.BN} ${v.TM}x${v.TN} k${v.BK} s${v.splits}`
}

/** Reads a variant's name; null when it is none. */
export function parseVariant(name: string): Variant | null {
  const software = /^software (\d+)x(\d+) (\d+)x(\d+)( quads)?$/.exec(name)
  if (software) {
    const [TM, TN, WX, WY] = software.slice(1, 5).map(Number)
    return { family: 'software', TM, TN, WX, WY, quads: software[5] !== undefined }
  }
  const tiled = /^tiled (\d+)x(\d+) (\d+)x(\d+) k(\d+) s(\d+)$/.exec(name)
  if (!tiled) return null
  const [BM, BN, TM, TN, BK, splits] = tiled.slice(1).map(Number)
  return { family: 'tiled', BM, BN, TM, TN, BK, splits }
}

interface Problem {
  orient: Orient
  M: number
  N: number
  K: number
  count: number
  symmetric: boolean
}

/** Floating-point operations from which on a product is worth the longer compiling of a larger tile. */
const SMALL_FLOPS = 8e6
const LARGE_FLOPS = 30e6

/** On a software adapter a product below this takes less than a millisecond: no choice is worth the compiling. */
const TUNED_FLOPS = 2e6

/** Whether a variant can run on an adapter at all. */
export function isPossible(v: Variant, { symmetric }: Problem, caps: Capabilities): boolean {
  const four = [v.TM, v.TN].every((side) => side >= 4 && side <= 64 && side % 4 === 0)
  if (!four) return false
  if (v.family === 'software') return !v.quads || hasQuads(caps)
  const { BM, BN, TM, TN, BK, splits } = v
  const threads = (BM / TM) * (BN / TN)
  return (
    BM % TM === 0 && BN % TN === 0 && BK % 4 === 0 && threads >= 32 && threads <= caps.maxInvocationsPerWorkgroup &&
    tiledBytes(v) <= caps.maxWorkgroupStorageBytes && splits >= 1 && splits <= 64 && !(symmetric && splits > 1)
  ) // prettier-ignore
}

function hasQuads(caps: Capabilities): boolean {
  return caps.subgroups && caps.subgroupMinSize >= 4
}

function tiledBytes({ BM, BN, BK }: { BM: number; BN: number; BK: number }): number {
  return BK * (BM + BN + 8) * 4
}

/** The variant of a product that nobody has measured. */
export function builtInVariant(problem: Problem, caps: Capabilities): Variant {
  return caps.software ? softwareRule(problem, caps) : tiledRule(problem)
}

/** The variants worth timing for a product, the built-in rule's first; a software adapter compiles slowly, so it gets few. */
export function candidates(problem: Problem, caps: Capabilities): Variant[] {
  const rule = builtInVariant(problem, caps)
  const others: Variant[] = []
  if (rule.family === 'software') {
    if (2 * problem.M * problem.N * problem.K * problem.count < TUNED_FLOPS) return [rule]
    for (const [TM, TN] of SOFTWARE_TILES.slice(0, 3)) others.push({ ...rule, TM, TN })
  } else {
    const { splits } = rule
    for (const [BM, BN, TM, TN, BK] of TILES)
      for (const s of new Set([1, splits, 2 * splits])) others.push({ family: 'tiled', BM, BN, TM, TN, BK, splits: s })
  }
  const possible = others.filter((v) => isPossible(v, problem, caps) && variantName(v) !== variantName(rule))
  return [rule, ...possible]
}

/** Tiles of the workgroup-memory family: BM, BN, TM, TN, BK. */
const TILES: readonly (readonly [number, number, number, number, number])[] = [
  [64, 64, 4, 4, 16],
  [32, 32, 4, 4, 16],
  [64, 64, 8, 4, 16],
  [128, 64, 8, 4, 16],
  [128, 128, 8, 8, 8],
]

/** Register tiles of a software adapter, large to small: a large one loads less and compiles longer (330, 150, 30, 15 ms). */
const SOFTWARE_TILES = [[32, 8], [16, 8], [8, 4], [4, 4]] as const // prettier-ignore

/**
 * The measured best on SwiftShader, made smaller when the product is small or has too few tiles to keep the cores busy
 * (fewer than 16 quads of threads: that adapter deals workgroups out in 16 batches).
 */
function softwareRule({ M, N, K, count }: Problem, caps: Capabilities): Variant {
  const flops = 2 * M * N * K * count
  const first = flops < SMALL_FLOPS ? 2 : flops < LARGE_FLOPS ? 1 : 0
  const fits = SOFTWARE_TILES.slice(first).find(([TM, TN]) => Math.ceil(M / TM) * Math.ceil(N / (TN * 4)) * count >= 16)
  const [TM, TN] = fits ?? SOFTWARE_TILES[SOFTWARE_TILES.length - 1]
  return { family: 'software', TM, TN, WX: 4, WY: 1, quads: hasQuads(caps) }
}

/** 64×64 tiles; the sum over k is split when there would be too few of them to fill a GPU. */
function tiledRule({ M, N, K, count, symmetric }: Problem): Variant {
  const BK = 16
  const tiles = Math.ceil(M / 64) * Math.ceil(N / 64) * count
  const splits = symmetric ? 1 : Math.max(1, Math.min(16, Math.floor(128 / tiles), Math.floor(K / (8 * BK))))
  return { family: 'tiled', BM: 64, BN: 64, TM: 4, TN: 4, BK, splits }
}
