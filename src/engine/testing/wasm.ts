// Runs calls of the kernels without a GPU: tensors in one memory, units cut as a test likes.

import { setFlagsFromString } from 'node:v8'
import { Rng } from '../../core/rng'
import { NONE, SCRATCH, type WasmLowering } from '../backends/wasm/call'
import { instantiateKernels } from '../backends/wasm/kernels'
import { compileKernels, hasRelaxedSimd } from '../backends/wasm/module'

export type TensorInput = Float32Array | Int32Array | Uint32Array | number

const PAGE = 65536

// Node 20 has relaxed arithmetic behind a flag that later versions do not know
if (!hasRelaxedSimd() && process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')

/** `relaxed` of the builds that this engine can run. */
export const BUILDS: boolean[] = hasRelaxedSimd() ? [false, true] : [false]

const modules = new Map<boolean, Promise<WebAssembly.Module>>()

function moduleOf(relaxed: boolean): Promise<WebAssembly.Module> {
  const known = modules.get(relaxed) ?? compileKernels(false, relaxed)
  modules.set(relaxed, known)
  return known
}

export interface RunOptions {
  relaxed?: boolean
  /** run the whole list this many times over (2 shows what accumulates) */
  repeats?: number
  /** cut every call's units at random places drawn from this seed, and run the pieces in random order; absent: whole */
  cuts?: number
}

/**
 * Runs a lowering's calls in order over a fresh memory and reads every tensor back. What no tensor covers is NaN.
 * @param tensors by binding name: contents, or a number of bytes of NaN
 * @returns each tensor's bytes afterwards, owned by the caller
 */
export async function runWasm(
  lowering: WasmLowering,
  tensors: Record<string, TensorInput>,
  { relaxed = false, repeats = 1, cuts }: RunOptions = {},
): Promise<Record<string, ArrayBuffer>> {
  const bytesOf = (tensor: TensorInput) => (typeof tensor === 'number' ? tensor : tensor.byteLength)
  const all: Record<string, TensorInput> = { ...lowering.temporaries, ...lowering.constants, ...tensors }
  all[SCRATCH] = Math.max(16, ...lowering.calls.map(({ scratchBytes }) => scratchBytes))
  const places: Record<string, number> = {}
  let end = 1024
  for (const [name, tensor] of Object.entries(all)) {
    places[name] = end
    end = Math.ceil((end + bytesOf(tensor) + 64) / 64) * 64
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE) })
  new Float32Array(memory.buffer).fill(NaN)
  for (const [name, tensor] of Object.entries(all)) {
    if (typeof tensor === 'number') continue
    const bytes = new Uint8Array(tensor.buffer as ArrayBuffer, tensor.byteOffset, tensor.byteLength)
    new Uint8Array(memory.buffer).set(bytes, places[name])
  }
  const kernels = await instantiateKernels(await moduleOf(relaxed), memory)
  const rng = new Rng(cuts ?? 0, 'cuts')
  for (let r = 0; r < repeats; r++) {
    for (const { fn, units, pointers, ints, floats } of lowering.calls) {
      const missing = pointers.find((name) => name !== NONE && !(name in places))
      if (missing) throw new Error(`${fn}: no tensor for binding "${missing}"`)
      const rest = [...pointers.map((name) => (name === NONE ? 0 : places[name])), ...ints, ...floats]
      for (const [from, to] of cuts === undefined ? [[0, units]] : pieces(units, rng)) kernels[fn](from, to, ...rest)
    }
  }
  const results: Record<string, ArrayBuffer> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    results[name] = memory.buffer.slice(places[name], places[name] + bytesOf(tensor))
  }
  return results
}

/** [0, units) in up to four pieces, empty ones included, in random order. */
function pieces(units: number, rng: Rng): [number, number][] {
  const draw = () => Math.floor(rng.uniform() * (units + 1))
  const marks = [0, draw(), draw(), draw(), units].sort((a, b) => a - b)
  const list = marks.slice(1).map((mark, i): [number, number] => [marks[i], mark])
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(rng.uniform() * (i + 1))
    ;[list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

/** The same lowering whole and cut: throws unless every tensor has the same bits. */
export async function runBoth(
  lowering: WasmLowering,
  tensors: Record<string, TensorInput>,
  options: Omit<RunOptions, 'cuts'> = {},
): Promise<Record<string, ArrayBuffer>> {
  const whole = await runWasm(lowering, tensors, options)
  for (const cuts of [1, 2]) {
    const cut = await runWasm(lowering, tensors, { ...options, cuts })
    for (const name of Object.keys(tensors)) {
      const [a, b] = [new Uint32Array(whole[name]), new Uint32Array(cut[name])]
      const at = a.findIndex((word, i) => word !== b[i])
      if (at >= 0) throw new Error(`${name}[${at}] depends on how units are cut (seed ${cuts})`)
    }
  }
  return whole
}
