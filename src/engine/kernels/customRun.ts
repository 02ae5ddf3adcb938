// Runs a custom kernel by itself, on buffers of its own and under a clock: what the gates look at before any training.

import { LabError } from '../../core/errors'
import { pipelineOf } from '../backends/webgpu/pipelines'
import type { Kernel, Lowering } from '../kernel'

/** How long to wait: for a run on a few tokens, and for a compiler. */
export interface Patience {
  runMs: number
  compileMs: number
}

/** What a run left behind; the arrays are the caller's. */
export interface KernelRun {
  /** by binding name: what was written, and what the inputs hold afterwards */
  buffers: Record<string, Float32Array>
  /** of each invocation: see custom.ts */
  faults: Uint32Array
  ms: number
}

/**
 * What the driver says against a kernel's text.
 * @returns line of the text (from 1) and message of each error
 * @throws LabError "gpu.hung" when it does not answer in time
 */
export async function compileErrors(device: GPUDevice, kernel: Kernel, limitMs: number): Promise<{ line: number; message: string }[]> {
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ label: kernel.name, code: kernel.code })
  const invalid = device.popErrorScope()
  const { messages } = await inTime(module.getCompilationInfo(), limitMs, kernel.name)
  const errors = messages.filter(({ type }) => type === 'error').map(({ lineNum, message }) => ({ line: lineNum, message }))
  const scope = await inTime(invalid, limitMs, kernel.name)
  if (scope && errors.length === 0) errors.push({ line: 0, message: scope.message })
  if (errors.length > 0) return errors
  // the driver's own compiler comes only now, and may take far longer
  await inTime(pipelineOf(device, kernel), limitMs, kernel.name)
  return []
}

/**
 * Runs one kernel and reads every buffer back.
 * @param inputs contents, by binding name
 * @param outputs floats of each output, which hold `stale` before
 * @throws LabError "gpu.hung" when it does not come back in time; the device cannot be trusted any more
 */
export async function runCustom(
  device: GPUDevice,
  { kernels: [kernel] }: Lowering,
  inputs: Readonly<Record<string, Float32Array>>,
  outputs: Readonly<Record<string, number>>,
  { stale, patience }: { stale: number; patience: Patience },
): Promise<KernelRun> {
  const pipeline = await inTime(pipelineOf(device, kernel), patience.compileMs, kernel.name)
  const made: GPUBuffer[] = []
  const make = (label: string, size: number, usage: number) => {
    made.push(device.createBuffer({ label, size: Math.max(16, size), usage }))
    return made.at(-1)!
  }
  const bound = kernel.bindings.map(({ name }) => {
    const values = inputs[name] ?? new Float32Array(outputs[name]).fill(stale)
    const buffer = make(`${kernel.name}/${name}`, values.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST)
    device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>)
    return { name, buffer, bytes: values.byteLength }
  })
  const offsets = bound.map((_, i) => bound.slice(0, i).reduce((sum, { bytes }) => sum + bytes, 0))
  const total = bound.reduce((sum, { bytes }) => sum + bytes, 0)
  const staging = make(`${kernel.name}/read`, total, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
  const group = device.createBindGroup({
    label: kernel.name,
    layout: pipeline.getBindGroupLayout(0),
    entries: bound.map(({ buffer, bytes }, binding) => ({ binding, resource: { buffer, size: bytes } })),
  })
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  pass.setPipeline(pipeline)
  pass.setBindGroup(0, group)
  pass.dispatchWorkgroups(...kernel.workgroups)
  pass.end()
  for (const [i, { buffer, bytes }] of bound.entries()) encoder.copyBufferToBuffer(buffer, 0, staging, offsets[i], bytes)
  const begun = performance.now()
  device.queue.submit([encoder.finish()])
  try {
    await inTime(staging.mapAsync(GPUMapMode.READ), patience.runMs, kernel.name)
    const ms = performance.now() - begun
    const all = staging.getMappedRange()
    const read = bound.map(({ name, bytes }, i) => [name, new Float32Array(all.slice(offsets[i], offsets[i] + bytes))] as const)
    const { out_faults: faults, ...buffers } = Object.fromEntries(read)
    return { buffers, faults: new Uint32Array(faults?.buffer ?? new ArrayBuffer(0)), ms }
  } finally {
    for (const buffer of made) buffer.destroy()
  }
}

/** The same, or "gpu.hung" after a while: what the GPU is busy with cannot be stopped, only left behind. */
async function inTime<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(hung(what, limitMs)), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined) // nobody waits for it any more
  }
}

function hung(what: string, limitMs: number): LabError {
  return new LabError('gpu.hung', `${what} did not come back within ${limitMs} ms, on a few tokens.`, {
    hint: 'The lab goes on with a fresh engine. Give the kernel fewer trips, shorter loops, or more lanes.',
    data: { kernel: what, limitMs },
  })
}
