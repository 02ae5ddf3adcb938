// A graphics driver takes a dispatch that runs for a second for a hang and resets the device. A dispatch that could take
// that long is cut into several, each over a box of the grid's workgroups. A workgroup is told the place it has in the
// whole grid, so every value is computed as before, to the bit; kernels that are short enough are left as they are.

import type { Constant, Kernel, Lowering } from './kernel'
import type { DispatchLimits } from './rates'

type Grid = Kernel['workgroups']

/** The workgroups of one piece: the first, and how many along each side. */
interface Box {
  first: Grid
  size: Grid
}

/**
 * Cuts every kernel that holds more than the limits into pieces of about equal work that hold less, down to one
 * workgroup each. Pieces of one kernel share a text and a pipeline; each binds its place in the grid, 32 bytes.
 * @param bytesOf what is bound to a binding, by its name
 */
export function splitLong(lowering: Lowering, bytesOf: (binding: string) => number, limits: DispatchLimits): Lowering {
  const constants: Record<string, Constant> = { ...lowering.constants }
  const kernels = lowering.kernels.flatMap((kernel) => {
    const bytes = kernel.bytes ?? kernel.bindings.reduce((sum, { name }) => sum + bytesOf(name), 0)
    const work = Math.max((kernel.flops ?? 0) / limits.flops, bytes / limits.bytes) * (kernel.slowness ?? 1)
    if (work <= 1) return [kernel]
    const groups = countOf(kernel.workgroups)
    const boxes = boxesOf(kernel.workgroups, groups / work)
    if (boxes.length === 1) return [kernel]
    const code = inPieces(kernel)
    return boxes.map(({ first, size }): Kernel => {
      const place = `piece ${first.join()} of ${kernel.workgroups.join()}`
      constants[place] = Int32Array.of(...first, 0, ...kernel.workgroups, 0)
      const share = countOf(size) / groups
      return {
        ...kernel,
        code,
        bindings: [...kernel.bindings, { name: place, access: 'uniform' }],
        workgroups: size,
        bytes: bytes * share,
        ...(kernel.flops !== undefined && { flops: kernel.flops * share }),
      }
    })
  })
  return kernels.length === lowering.kernels.length ? lowering : { ...lowering, kernels, constants }
}

function countOf([x, y, z]: Grid): number {
  return x * y * z
}

/** Boxes of at most `most` workgroups, about equal, that fill a grid: layers of it, rows of a layer, or parts of a row. */
function boxesOf([X, Y, Z]: Grid, most: number): Box[] {
  const x = cuts(X, most)
  const y = cuts(Y, x.length > 1 ? 1 : most / X)
  const z = cuts(Z, y.length > 1 || x.length > 1 ? 1 : most / (X * Y))
  return z.flatMap(([z0, dz]) => y.flatMap(([y0, dy]) => x.map(([x0, dx]): Box => ({ first: [x0, y0, z0], size: [dx, dy, dz] }))))
}

/** Runs of at most `most` (at least 1) that make up 0 … count − 1: where each begins and how long it is. */
function cuts(count: number, most: number): [first: number, length: number][] {
  const runs = Math.ceil(count / Math.max(1, Math.floor(most)))
  const length = Math.ceil(count / runs)
  return Array.from({ length: Math.ceil(count / length) }, (_, i) => [i * length, Math.min(length, count - i * length)])
}

/** What a piece binds, and the values that take the place of the built-in ones. */
const PLACE = (binding: number) => `
struct DispatchPiece { first: vec3u, groups: vec3u }
@group(0) @binding(${binding}) var<uniform> dispatchPiece: DispatchPiece;
`

/** The text of a kernel whose main believes itself in the whole grid. */
function inPieces({ code, bindings }: Kernel): string {
  const [head, size, parameters] = /@compute\s+@workgroup_size\(([^)]*)\)\s*fn main\(([^{]*)\)\s*\{/.exec(code)!
  const [x, y = '1', z = '1'] = size.split(',')
  const whole: Record<string, (own: string) => string> = {
    workgroup_id: (own) => `${own} + dispatchPiece.first`,
    num_workgroups: () => 'dispatchPiece.groups',
    global_invocation_id: (own) => `${own} + dispatchPiece.first * vec3u(${x}, ${y}, ${z})`,
  }
  const lines: string[] = []
  const own = parameters.replace(/@builtin\((\w+)\)\s*(\w+)/g, (parameter, builtin: string, name: string) => {
    if (!(builtin in whole)) return parameter
    lines.push(`  let ${name} = ${whole[builtin](`${name}OfPiece`)};`)
    return `@builtin(${builtin}) ${name}OfPiece`
  })
  const main = [head.replace(parameters, own), ...lines].join('\n')
  return code.replace(head, main) + PLACE(bindings.length)
}
