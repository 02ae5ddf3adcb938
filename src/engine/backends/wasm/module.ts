// Which of the four builds of the kernels this engine can run, and how to get it.

import { LabError } from '../../../core/errors'

// (func (result v128) (f32x4.relaxed_madd (i8x16.splat 0) (i8x16.splat 0) (i8x16.splat 0)))
const RELAXED_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0,
  65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
] // prettier-ignore

/** Whether this engine has relaxed multiply-add, which rounds once and is nearly twice as fast where there is FMA. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(RELAXED_PROBE))
}

const BUILDS = {
  relaxed: () => import('kernels:relaxed'),
  plain: () => import('kernels:plain'),
  'relaxed-shared': () => import('kernels:relaxed-shared'),
  'plain-shared': () => import('kernels:plain-shared'),
}

/**
 * Compiles the build that suits; a module may be sent to workers, which then need not compile it again.
 * @param shared for a shared memory, of at most 65536 pages
 * @throws LabError "gpu.unavailable" where WebAssembly has no SIMD
 */
export async function compileKernels(shared: boolean, relaxed = hasRelaxedSimd()): Promise<WebAssembly.Module> {
  const { default: base64 } = await BUILDS[`${relaxed ? 'relaxed' : 'plain'}${shared ? '-shared' : ''}`]()
  try {
    return await WebAssembly.compile(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)))
  } catch (cause) {
    throw new LabError('gpu.unavailable', 'This browser cannot run the kernels: its WebAssembly has no SIMD.', {
      hint: 'Use a browser of 2023 or later.',
      cause,
    })
  }
}
