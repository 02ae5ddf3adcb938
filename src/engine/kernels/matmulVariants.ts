// The variants of a matrix product: which there are, which an adapter may be given, and which it gets unmeasured.

import type { Capabilities } from '../kernel'

export type Orient = 'NN' | 'NT' | 'TN'

/** One variant, written as `software 16x8 4x1`, `tiled 64x64 4x4 k16 s2` or `tiled 64x64 32x32 k16 s1 matrix f16`. */
export type Variant =
  /** registers only: a thread's tile TM×TN, threads of a workgroup WX×WY; `quads`: A shared within quads of threads */
  | { family: 'software'; TM: number; TN: number; WX: number; WY: number; quads: boolean }
  /** workgroup memory: a workgroup's tile BM×BN, a thread's TM×TN, BK steps of k at a time, the sum split in `splits` */
  | { family: 'tiled'; BM: number; BN: number; TM: number; TN: number; BK: number; splits: number; feed?: Feed }

/**
 * How a tile in workgroup memory reaches the arithmetic, if not thread by thread: rows of A shared by quadBroadcast; or
 * by the adapter's matrix units with operands of this type, where TM×TN is what one subgroup multiplies.
 */
export type Feed = 'quads' | 'matrix f16' | 'matrix f32'

export function variantName(v: Variant): string {
  return v.family === 'software'
    ? `software ${v.TM}x${v.TN} ${v.WX}x${v.WY}${v.quads ? ' quads' : ''}`
    : `tiled ${v.BM}x${v.BN} ${v.TM}x${v.TN} k${v.BK} s${v.splits}${v.feed ? ` ${v.feed}` : ''}`
}

/** How far a variant's values may be from the built-in rule's, relative to their size: f16 operands are rounded. */
export function variantTolerance(name: string): number {
  return name.endsWith('f16') ? 5e-3 : 1e-3
}

/** Reads a variant's name; null when it is none. */
export function parseVariant(name: string): Variant | null {
  const software = /^software (\d+)x(\d+) (\d+)x(\d+)( quads)?$/.exec(name)
  if (software) {
    const [TM, TN, WX, WY] = software.slice(1, 5).map(Number)
    return { family: 'software', TM, TN, WX, WY, quads: software[5] !== undefined }
  }
  const tiled = /^tiled (\d+)x(\d+) (\d+)x(\d+) k(\d+) s(\d+)(?: (quads|matrix f16|matrix f32))?$/.exec(name)
  if (!tiled) return null
  const [BM, BN, TM, TN, BK, splits] = tiled.slice(1, 7).map(Number)
  return { family: 'tiled', BM, BN, TM, TN, BK, splits, feed: tiled[7] as Feed | undefined }
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
const LARGE_FLOPS = 18e6

/** On a software adapter a product below this takes less than a millisecond: no choice is worth the compiling. */
const TUNED_FLOPS = 2e6

/** Whether a variant can run on an adapter at all. */
export function isPossible(v: Variant, { symmetric }: Problem, caps: Capabilities): boolean {
  const four = [v.TM, v.TN].every((side) => side >= 4 && side <= 64 && side % 4 === 0)
  if (!four) return false
  if (v.family === 'software') return !v.quads || hasQuads(caps)
  const { BM, BN, TM, TN, BK, splits, feed } = v
  const unit = caps.subgroupMatrix
  const threads = (BM / TM) * (BN / TN) * (isMatrix(v) ? (unit?.threads ?? 0) : 1)
  if (feed === 'quads' && !(hasQuads(caps) && (BN / TN) % 4 === 0)) return false
  if (isMatrix(v) && !(unit && feed === `matrix ${unit.type}` && TM % unit.M === 0 && TN % unit.N === 0 && BK % unit.K === 0)) return false
  return (
    BM % TM === 0 && BN % TN === 0 && BK % 4 === 0 && threads >= 32 && threads <= caps.maxInvocationsPerWorkgroup &&
    tiledBytes(v, unit?.M) <= caps.maxWorkgroupStorageBytes && splits >= 1 && splits <= 64 && !(symmetric && splits > 1)
  ) // prettier-ignore
}

/** Whether the products of a tile are made by the adapter's matrix units. */
export function isMatrix({ feed }: { feed?: Feed }): boolean {
  return feed !== undefined && feed !== 'quads'
}

function hasQuads(caps: Capabilities): boolean {
  return caps.subgroups && caps.subgroupMinSize >= 4
}

function tiledBytes({ BM, BN, BK, TM, feed }: Extract<Variant, { family: 'tiled' }>, unitRows = 0): number {
  const tiles = BK * (BM + BN + 8)
  return isMatrix({ feed }) ? tiles * (feed === 'matrix f16' ? 2 : 4) + (BM / TM) * BN * unitRows * 4 : tiles * 4
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
    const add = (tiles: readonly Tile[], split: Iterable<number>, feed?: Feed) => {
      for (const [BM, BN, TM, TN, BK] of tiles) for (const s of split) others.push({ family: 'tiled', BM, BN, TM, TN, BK, splits: s, feed })
    }
    if (caps.subgroupMatrix) add(MATRIX_TILES, new Set([1, splits]), `matrix ${caps.subgroupMatrix.type}`)
    add(TILES, new Set([1, splits, 2 * splits]))
    add(TILES, [splits], 'quads')
  }
  const possible = others.filter((v) => isPossible(v, problem, caps) && variantName(v) !== variantName(rule))
  return [rule, ...possible]
}

/** Tiles of the workgroup-memory family. */
type Tile = readonly [BM: number, BN: number, TM: number, TN: number, BK: number]
const TILES: readonly Tile[] = [
  [64, 64, 4, 4, 16],
  [32, 32, 4, 4, 16],
  [64, 64, 8, 4, 16],
  [128, 64, 8, 4, 16],
  [128, 128, 8, 8, 8],
]

/** The same where matrix units multiply them. */
const MATRIX_TILES: readonly Tile[] = [
  [64, 64, 32, 32, 16],
  [128, 64, 32, 32, 16],
]

/** Register tiles of a software adapter, large to small: a large one loads less and compiles longer (300 and 150 ms, the others less). */
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
