// The most floating-point arithmetic that one thread of WebAssembly can do: multiply-adds on registers, no memory.
// A fused multiply-add where the engine has relaxed SIMD, otherwise a multiply and an add. Assembled by hand, so that
// nothing stands between the loop and the engine.

/** Independent sums: enough to hide the latency of an addition, few enough for the registers. */
const SUMS = 12
/** Multiply-adds of each sum in one turn of the loop. */
const UNROLL = 8

/**
 * Runs the loop for at least `leastMs`.
 * @returns GFLOP/s of this thread, a multiply-add counted as two; whether it was fused
 */
export function runCeiling(leastMs: number): { gflops: number; fused: boolean } {
  const fused = WebAssembly.validate(ceilingModule(true))
  const instance = new WebAssembly.Instance(new WebAssembly.Module(ceilingModule(fused)))
  const run = instance.exports.run as (turns: number) => number
  const timeOf = (turns: number) => {
    const begun = performance.now()
    run(turns)
    return performance.now() - begun
  }
  timeOf(20_000)
  let turns = 20_000
  let ms = timeOf(turns)
  while (ms < leastMs) {
    turns = Math.ceil(turns * Math.min(16, (1.2 * leastMs) / Math.max(ms, 0.05)))
    ms = timeOf(turns)
  }
  return { gflops: (turns * SUMS * UNROLL * 4 * 2) / ms / 1e6, fused }
}

/** run(turns: i32) → f32: lane 0 of the sum of all, so that no sum is given up as unused. */
function ceilingModule(fused: boolean): Uint8Array<ArrayBuffer> {
  const [I32, F32, V128] = [0x7f, 0x7d, 0x7b]
  const get = (local: number) => [0x20, local]
  const set = (local: number) => [0x21, local]
  const simd = (op: number) => [0xfd, ...leb(op)]
  const [SPLAT, LANE, ADD, MUL, MADD] = [0x13, 0x1f, 0xe4, 0xe6, 0x105]
  // local 0 turns; 1 the factor; 2 … the sums
  const sums = Array.from({ length: SUMS }, (_, i) => 2 + i)
  const constant = (value: number) => [0x43, ...new Uint8Array(Float32Array.of(value).buffer), ...simd(SPLAT)]
  const multiplyAdd = (sum: number) => [
    ...(fused ? [...get(sum), ...get(1), ...get(1), ...simd(MADD)] : [...get(sum), ...get(1), ...simd(MUL), ...get(1), ...simd(ADD)]),
    ...set(sum),
  ]
  const turn = Array.from({ length: UNROLL }, () => sums.flatMap(multiplyAdd)).flat()
  const code = [
    ...constant(0.5),
    ...set(1),
    ...sums.flatMap((sum, i) => [...constant(i), ...set(sum)]),
    0x03, 0x40, ...turn, // loop
    ...get(0), 0x41, 0x01, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, // turns − 1, again unless 0
    ...get(sums[0]),
    ...sums.slice(1).flatMap((sum) => [...get(sum), ...simd(ADD)]),
    ...simd(LANE), 0, 0x0b,
  ]
  const body = [1, ...leb(SUMS + 1), V128, ...code]
  const name = [...new TextEncoder().encode('run')]
  const section = (id: number, bytes: number[]) => [id, ...leb(bytes.length), ...bytes]
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 1, I32, 1, F32]),
    ...section(3, [1, 0]),
    ...section(7, [1, name.length, ...name, 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ])
}

/** An unsigned number as WebAssembly writes it. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
}
