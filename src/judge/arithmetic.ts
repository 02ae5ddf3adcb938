// A name for how this machine rounds where standards leave a choice: two machines of one name give the processor's
// engine the same bits. Log, sine, cosine and powers are the JavaScript engine's (initial weights and optimiser
// constants come through them); relaxed multiply-add is the processor's, rounded once or twice.

import { sha256 } from '../core/hash'
import { Rng } from '../core/rng'
import { hasRelaxedSimd } from '../engine/backends/wasm/module'

// (func (export "f") (param f32 f32 f32) (result f32) (f32x4.extract_lane 0 (f32x4.relaxed_madd of the three, splat)))
const MADD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 125, 125, 125, 1, 125, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 22, 1, 20, 0,
  32, 0, 253, 19, 32, 1, 253, 19, 32, 2, 253, 19, 253, 133, 2, 253, 31, 0, 11,
] // prettier-ignore

/** How a multiply-add of the WebAssembly kernels rounds here: "once", "twice", or "plain" where they have none. */
export function multiplyAdd(): 'once' | 'twice' | 'plain' {
  if (!hasRelaxedSimd()) return 'plain'
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(MADD)))
  const madd = exports.f as (a: number, b: number, c: number) => number
  // (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴, whose last bit is lost when the product is rounded by itself
  const x = 1 + 2 ** -12
  return madd(x, x, -(1 + 2 ** -11)) === 0 ? 'twice' : 'once'
}

let named: Promise<string> | null = null

/** Sixteen hex digits, the same on machines that round alike; computed once. */
export function arithmetic(): Promise<string> {
  named ??= name()
  return named
}

async function name(): Promise<string> {
  const rng = new Rng(1, 'arithmetic')
  const normals = Float64Array.from({ length: 2000 }, () => rng.normal())
  const powers = Float64Array.from({ length: 2000 }, (_, step) => 0.95 ** step)
  const rest = Float64Array.from({ length: 2000 }, () => Math.exp(rng.normal()))
  const values = [normals, powers, rest].map(({ buffer }) => sha256(new Uint8Array(buffer)))
  return (await sha256([multiplyAdd(), ...(await Promise.all(values))].join('\n'))).slice(0, 16)
}
