// Matrix products: from a shape and a variant to kernels.

import operand from '../../../shaders/lib/matmul_operand.wgsl?raw'
import generic from '../../../shaders/matmul_generic.wgsl?raw'
import software from '../../../shaders/matmul_software.wgsl?raw'
import sum from '../../../shaders/matmul_sum.wgsl?raw'
import tiled from '../../../shaders/matmul_tiled.wgsl?raw'
import type { Capabilities, Kernel, Lowering } from '../kernel'
import { expandTemplate, type TemplateVars } from '../template'
import { matmulStore, storeTemplate, type Finish, type StoreLayout } from './matmulStore'
import { builtInVariant, candidates, isMatrix, isPossible, parseVariant, variantName, type Orient, type Variant } from './matmulVariants'

export type { Orient }

export interface MatmulShape extends Finish {
  orient: Orient
  M: number
  N: number
  K: number
  /** products of the same shape, `strides` floats apart */
  batch?: { count: number; a: number; b: number; c: number }
  /** the product is known to be symmetric (A·Aᵀ or AᵀA, mixed at most with a symmetric D): half of it is computed */
  symmetric?: boolean
}

/** Everything that the texts of the products' kernels are made from: they change when one of these does. */
export const matmulTexts: readonly string[] = [software, generic, tiled, operand, sum, storeTemplate]

/** One product with everything that its kernels' texts share. */
interface Product {
  shape: MatmulShape
  count: number
  name: string
  vars: TemplateVars & { A_WIDTH: number; B_WIDTH: number; A_STRIDE: number; B_STRIDE: number; C_STRIDE: number }
}

/**
 * C = op(A)·op(B), then whatever `Finish` says.
 * NN: A [M,K], B [K,N]; NT: B [N,K]; TN: A [K,M]. Bindings: a, b, c, then (if any) d [M,N] and mixture f32 [2], scale,
 * e0, e1, …, pre [M,N]. Without `batch`, a, b and c must be bound at exactly their lengths: kernels may learn the sides
 * from them. The variant is the one chosen for this adapter by measurement, or the built-in rule's.
 */
export function matmul(shape: MatmulShape, caps: Capabilities): Lowering {
  const { orient, M, N, K, batch } = shape
  const count = batch?.count ?? 1
  const A_WIDTH = orient === 'TN' ? M : K
  const B_WIDTH = orient === 'NT' ? K : N
  const product: Product = {
    shape,
    count,
    name: `matmul_${orient.toLowerCase()}`,
    vars: {
      A_WIDTH,
      B_WIDTH,
      A_STRIDE: batch?.a ?? 0,
      B_STRIDE: batch?.b ?? 0,
      C_STRIDE: batch?.c ?? 0,
      WIDTH: isVec(N, batch?.c ?? 0) ? 4 : 1,
      VEC: isVec(N, batch?.c ?? 0),
      SYMMETRIC: shape.symmetric ?? false,
      SCALE_K: Boolean(shape.scale) && orient === 'TN',
    },
  }
  const problem = { orient, M, N, K, count, symmetric: shape.symmetric ?? false }
  const vectors = isVec(A_WIDTH, product.vars.A_STRIDE) && isVec(B_WIDTH, product.vars.B_STRIDE) && product.vars.VEC && K % 4 === 0
  const rule = builtInVariant(problem, caps)
  const read = (name: string) => {
    const variant = parseVariant(name)
    return variant && isPossible(variant, problem, caps) ? variant : rule
  }
  const lower = (variant: Variant) => {
    if (variant.family === 'tiled') return tiledProduct(product, variant, caps.subgroupMatrix)
    return vectors ? softwareProduct(product, variant) : genericProduct(product)
  }
  const key = matmulKey(shape)
  const lowering = lower(read(caps.choices?.[key] ?? ''))
  lowering.kernels[0].tunable = {
    key,
    sides: [M, N, K, count],
    flops: flopsOf(product),
    variants: (vectors || rule.family === 'tiled' ? candidates(problem, caps) : [rule]).map(variantName),
    bytes: bytesOf(shape),
    lower: (name) => lower(read(name)),
  }
  return lowering
}

/** Bytes of every buffer that a product binds. */
function bytesOf({ orient, M, N, K, batch, mix, scale, epilogue }: MatmulShape): Record<string, number> {
  const stacked = (size: number, stride = 0) => 4 * (stride * ((batch?.count ?? 1) - 1) + size)
  const c = stacked(M * N, batch?.c)
  const bytes: Record<string, number> = { a: stacked(M * K, batch?.a), b: stacked(N * K, batch?.b), c }
  if (mix) Object.assign(bytes, { d: c, mixture: 8 })
  if (scale) bytes.scale = 4 * (orient === 'TN' ? K : M)
  for (const [i, [rows, cols]] of (epilogue?.inputShapes ?? []).entries()) bytes[`e${i}`] = 4 * rows * cols
  if (epilogue?.pre) bytes.pre = c
  return bytes
}

/** What a product is called in the table of chosen variants. */
export function matmulKey({ orient, M, N, K, batch, symmetric }: MatmulShape): string {
  return `matmul ${orient} ${M}x${N}x${K}${batch ? ` ${batch.count}` : ''}${symmetric ? ' symmetric' : ''}`
}

function isVec(width: number, stride: number): boolean {
  return width % 4 === 0 && stride % 4 === 0
}

/** How C is stored by tiles of `rows`×`cols` elements. */
function storeLayout({ shape, vars }: Product, rows: number, cols: number, a: string, b: string): StoreLayout {
  const { orient, M, N } = shape
  return {
    M, N, free: false, vec: Boolean(vars.VEC), tailM: M % rows !== 0, tailN: N % cols !== 0,
    symmetric: shape.symmetric ?? false, scaleRows: orient !== 'TN', operands: [['a', a], ['b', b]],
  } // prettier-ignore
}

function flopsOf({ shape: { M, N, K, symmetric }, count }: Product): number {
  return (symmetric ? 1 : 2) * M * N * K * count
}

/** A kernel; whatever its text declares as `override` is taken from the product's numbers, and from `more`. */
function kernelOf(
  product: Product,
  code: string,
  store: { bindings: Kernel['bindings'] },
  grid: Kernel['workgroups'],
  more: Record<string, number> = {},
): Kernel {
  const { shape, name, vars } = product
  const { M, N, K, symmetric } = shape
  const { A_WIDTH, B_WIDTH, A_STRIDE, B_STRIDE, C_STRIDE } = vars
  const numbers: Record<string, number> = { M, N, K, ROW: vars.VEC ? N / 4 : N, A_WIDTH, B_WIDTH, A_STRIDE, B_STRIDE, C_STRIDE, ...more }
  const declared = [...code.matchAll(/^override (\w+)/gm)].map(([, each]) => [each, numbers[each]] as const)
  const constants = declared.length > 0 ? Object.fromEntries(declared) : undefined
  // where the upper half is mirrored, the last rows of tiles have all the work
  return { name, code, bindings: store.bindings, workgroups: grid, constants, flops: flopsOf(product), slowness: symmetric ? 2 : 1 }
}

function genericProduct(product: Product): Lowering {
  const { orient, M, N, K } = product.shape
  const store = matmulStore(product.shape, storeLayout(product, 32, 32, 'f32', 'f32'))
  const code = expandTemplate(generic, {
    ...product.vars,
    A_ROW: orient === 'TN' ? 1 : K,
    A_COL: orient === 'TN' ? M : 1,
    B_ROW: orient === 'NT' ? 1 : N,
    B_COL: orient === 'NT' ? K : 1,
  })
  return { kernels: [kernelOf(product, `${store.code}\n${code}`, store, [Math.ceil(N / 32), Math.ceil(M / 32), product.count])] }
}

function softwareProduct(product: Product, { TM, TN, WX, WY, quads }: Extract<Variant, { family: 'software' }>): Lowering {
  const { shape, count, vars } = product
  const { orient, M, N, K } = shape
  // eight floats at a time where every side and every tile lies in eights: an index is checked once for all of them
  const eights = [M, N, K, TM, TN, vars.A_STRIDE, vars.B_STRIDE].every((n) => n % 8 === 0)
  const type = eights ? 'array<vec4f, 2>' : 'vec4f'
  const layout = storeLayout(product, TM * WY, TN * WX, type, type)
  const free = shape.batch === undefined && !shape.symmetric
  const store = matmulStore(shape, { ...layout, free })
  const code = expandTemplate(software, {
    ...vars, FREE: free, ORIENT: orient, NN: 'NN', NT: 'NT', T_N: 'TN', QUADS: quads, LOADED: quads ? 1 : 4, WIDE: eights ? 8 : 4, TM, TN, WX, WY,
  }) // prettier-ignore
  const head = quads ? 'enable subgroups;\n' : ''
  return { kernels: [kernelOf(product, `${head}${store.code}\n${code}`, store, [Math.ceil(N / TN / WX), Math.ceil(M / TM / WY), count])] }
}

function tiledProduct(product: Product, variant: Extract<Variant, { family: 'tiled' }>, unit: Capabilities['subgroupMatrix']): Lowering {
  const { shape, count, vars } = product
  const { orient, M, N, K } = shape
  const { BM, BN, TM, TN, BK, splits, feed } = variant
  const [QUADS, MATRIX] = [feed === 'quads', isMatrix(variant)]
  // threads along a row of the tile and along a column; or of a subgroup, and subgroups
  const [TX, TY] = MATRIX && unit ? [unit.threads, (BN / TN) * (BM / TM)] : [BN / TN, BM / TM]
  const SPLIT_K = Math.ceil(K / splits / BK) * BK
  const SPLITS = Math.ceil(K / SPLIT_K)
  const [A_VEC, B_VEC] = [isVec(vars.A_WIDTH, vars.A_STRIDE), isVec(vars.B_WIDTH, vars.B_STRIDE)]
  const layout = storeLayout(product, BM, BN, A_VEC ? 'vec4f' : 'f32', B_VEC ? 'vec4f' : 'f32')
  const PART_STRIDE = Math.ceil((M * N) / 4) * 4
  // parts are plain products: whatever is done to the values is done to their sum
  const partFinish: Finish = { scale: Boolean(vars.SCALE_K) }
  const store = matmulStore(SPLITS > 1 ? partFinish : shape, layout)
  const unitVars: TemplateVars = MATRIX && unit ? { COMPONENT: unit.type, MM: unit.M, MN: unit.N, MK: unit.K } : {}
  const tile: TemplateVars = { ...vars, ...unitVars, BK, MATRIX, TAIL_K: K % BK !== 0 }
  const A = { X: 'A', x: 'a', SIDE: BM, CLAMP: 'clampRow', ALONG_K: orient !== 'TN', VECTORS: A_VEC, SCALED: vars.SCALE_K }
  const B = { X: 'B', x: 'b', SIDE: BN, CLAMP: 'clampCol', ALONG_K: orient === 'NT', VECTORS: B_VEC, SCALED: false }
  const code = expandTemplate(tiled, {
    ...tile,
    OPERANDS: [A, B].map((each) => expandTemplate(operand, { ...tile, ...each })).join('\n'),
    BM,
    BN,
    TM,
    TN,
    TX,
    TY,
    BLOCKS_A: (BK * BM) / 16,
    BLOCKS_B: (BK * BN) / 16,
    LOADS: Math.ceil((BK * (BM + BN)) / 16 / (TX * TY)),
    QUADS,
    STEP: QUADS ? 4 : 1,
  })
  const text = `${enables(variant)}${store.code}\n${code}`
  const main = kernelOf(product, text, store, [Math.ceil(N / BN), Math.ceil(M / BM), count * SPLITS], {
    SPLITS,
    SPLIT_K,
    ...(SPLITS > 1 ? { C_STRIDE: PART_STRIDE } : {}),
  })
  if (SPLITS === 1) return { kernels: [main] }
  const rest: Finish = { ...shape, scale: shape.scale && orient !== 'TN' }
  const sumStore = matmulStore(rest, { ...layout, tailM: M % 4 !== 0, tailN: false, operands: [['parts', vars.VEC ? 'vec4f' : 'f32']] })
  const sumCode = `${sumStore.code}\n${expandTemplate(sum, vars)}`
  const grid: Kernel['workgroups'] = [Math.ceil(N / 32), Math.ceil(M / 32), count]
  const adding = kernelOf({ ...product, name: 'matmul_sum' }, sumCode, sumStore, grid, { SPLITS, PART_STRIDE })
  const bindings = main.bindings.map((binding) => (binding.name === 'c' ? { ...binding, name: 'parts' } : binding))
  return { kernels: [{ ...main, bindings }, { ...adding, flops: undefined }], scratch: { parts: 4 * PART_STRIDE * SPLITS * count } }
}

/** What a text must ask for before anything else. */
function enables({ feed }: Extract<Variant, { family: 'tiled' }>): string {
  if (feed === undefined) return ''
  if (feed === 'quads') return 'enable subgroups;\n'
  // which subgroup a thread is of follows from local.y, whatever the analysis of uniformity can prove of it
  const matrix = 'enable subgroups, chromium_experimental_subgroup_matrix;\ndiagnostic(off, chromium.subgroup_matrix_uniformity);\n'
  return feed === 'matrix f16' ? `enable f16;\n${matrix}` : matrix
}
