// What a kernel is to the planner and the backend: text, bindings, and how many workgroups to launch; or, without a
// GPU, a call.

import type { WasmCall } from './backends/wasm/call'

/** What the adapter can do, as far as kernels care. */
export interface Capabilities {
  backend: 'webgpu' | 'wasm'
  /** wasm: threads over one memory; and how many replicas of a model may share a batch, each with a memory of its own */
  threads?: number
  replicas?: number
  /** a CPU emulating a GPU (SwiftShader, llvmpipe): wants no barriers, big register tiles, few workgroups */
  software: boolean
  subgroups: boolean
  /** the smallest subgroup the adapter may run, 0 without subgroups; quad operations need >= 4 */
  subgroupMinSize: number
  /** matrix units that multiply M×K by K×N into f32, workgroups of a multiple of `threads`; only if asked for */
  subgroupMatrix?: Readonly<{ type: 'f16' | 'f32'; M: number; N: number; K: number; threads: number }>
  f16: boolean
  /** training keeps activations as f16: the adapter can, and was measured to be faster so */
  half?: boolean
  /** kernel variants chosen by measurement, by tuning key; a key that is absent follows the built-in rule */
  choices?: Readonly<Record<string, string>>
  /** the most this adapter has been measured to do: matrix products and plain copies; absent before it is measured */
  peaks?: Readonly<{ gflops: number; gbps: number }>
  maxWorkgroupsPerDimension: number
  maxWorkgroupStorageBytes: number
  maxInvocationsPerWorkgroup: number
  maxStorageBuffers: number
  maxBindingBytes: number
  maxBufferBytes: number
}

/** Storage buffers, but for `uniform`. */
export type Access = 'read' | 'read_write' | 'uniform'

/**
 * One dispatch's program. Bindings are numbered 0… in the order of `bindings`, all in group 0; shapes are baked into
 * the text, so one text serves one shape and is cached by it.
 */
export interface Kernel {
  /** `op_direction`, as the shader file; labels GPU objects and profiles */
  name: string
  code: string
  bindings: readonly { name: string; access: Access }[]
  workgroups: readonly [number, number, number]
  /** `override` constants */
  constants?: Record<string, number>
  /** multiply-adds × 2, for the profiler; 0 when it only moves data */
  flops?: number
  /** what it must at least read and write; absent: the sum of what it binds */
  bytes?: number
  /** how much longer than its operations or bytes suggest it may take, at the grid's busiest end; absent: 1 */
  slowness?: number
  /** what the backend without a GPU does instead of running `code`: its pointers are the bindings, in order */
  call?: WasmCall
  /** on the first kernel of a lowering that has variants: what the autotuner may choose from */
  tunable?: Tunable
}

/** A choice between kernels that do the same. */
export interface Tunable {
  /** index into `Capabilities.choices`; keys that differ in their numbers only are of one kind */
  key: string
  /** how large it is, for the reader of a profile */
  sides: readonly number[]
  /** multiply-adds × 2 of one run */
  flops: number
  /** variants worth timing, the built-in rule's first */
  variants: readonly string[]
  /** bytes of every buffer that the kernels of any variant bind, scratch aside */
  bytes: Readonly<Record<string, number>>
  lower: (variant: string) => Lowering
}

/** A grid of `count` workgroups folded into two dimensions when one is too short. */
export function grid(count: number, caps: Pick<Capabilities, 'maxWorkgroupsPerDimension'>): [number, number, number] {
  const limit = caps.maxWorkgroupsPerDimension
  if (count <= limit) return [Math.max(1, count), 1, 1]
  const y = Math.ceil(count / limit)
  return [Math.ceil(count / y), y, 1]
}

/** Contents of a binding, written when a plan's memory is made. */
export type Constant = Float32Array | Int32Array

/** What one lowered op becomes: kernels in order, and the temporary buffers they share, by binding name, in bytes. */
export interface Lowering {
  kernels: Kernel[]
  scratch?: Record<string, number>
  /** contents that never change, by binding name; equal ones are kept once */
  constants?: Record<string, Constant>
}
