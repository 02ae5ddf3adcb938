// A custom kernel on the bench: run forward or backward on made-up batches, at any B and T.

import { Rng } from '../../core/rng'
import type { OpenedDevice } from '../../engine/backends/webgpu/device'
import type { Lowering } from '../../engine/kernel'
import { authorLine, customBackward, customForward } from '../../engine/kernels/custom'
import { compileErrors, runCustom, type Patience } from '../../engine/kernels/customRun'
import { calls, inputsRead, type CustomKernel, type KernelText } from '../../graph/wgsl/kernel'

/** Rows of a batch, and tokens of a row. */
export interface Size {
  B: number
  T: number
}

/** By the name of an input: [B·T, size] of an activation, [size] of anything else. */
export type Values = Readonly<Record<string, Float32Array>>

export interface Forward {
  y: Float32Array
  fault: string | null
  /** an input whose contents changed */
  touched: string | null
}

export interface Backward {
  /** [B·T, size] of an activation; for others the parts of the sum, one a token (per row: a row) */
  gradients: Record<string, Float32Array>
  fault: string | null
  touched: string | null
}

export class Subject {
  readonly kernel: CustomKernel
  private readonly opened: Pick<OpenedDevice, 'device' | 'caps'>
  private readonly patience: Patience

  constructor(kernel: CustomKernel, opened: Pick<OpenedDevice, 'device' | 'caps'>, patience: Patience) {
    this.kernel = kernel
    this.opened = opened
    this.patience = patience
  }

  /** What the compiler says against the forward or the backward, by the author's own lines; null when nothing. */
  async compile(which: 'forward' | 'backward', size: Size): Promise<string | null> {
    const { kernels } = which === 'forward' ? this.lowerForward(size) : this.lowerBackward(size)
    const [error] = await compileErrors(this.opened.device, kernels[0], this.patience.compileMs)
    if (!error) return null
    const text = this.kernel[which]
    const line = text.lines[error.line - authorLine(kernels[0], text)] ?? 0
    // the compiler speaks of names as they were printed
    const message = error.message.replace(/\b[vf]_(?=\w)/g, '').slice(0, 300)
    return `${which}${line > 0 ? ` line ${line}` : ''}: ${message}`
  }

  /** @param stale what the output's memory holds before */
  async forward(size: Size, values: Values, stale = 777): Promise<Forward> {
    const run = await this.run(this.lowerForward(size), values, { out_y: this.kernel.size * size.B * size.T }, size, stale)
    return { y: run.buffers.out_y, ...this.verdict(run, values) }
  }

  async backward(size: Size, values: Values, y: Float32Array, dy: Float32Array, stale = 777): Promise<Backward> {
    const outputs = Object.fromEntries(this.kernel.inputs.map((input) => [`out_d${input.name}`, input.size * this.partsOf(input, size)]))
    const all = { ...values, y, dy }
    const run = await this.run(this.lowerBackward(size), all, outputs, size, stale)
    const gradients = Object.fromEntries(this.kernel.inputs.map(({ name }) => [name, run.buffers[`out_d${name}`]]))
    return { gradients, ...this.verdict(run, all) }
  }

  /** Slices that a gradient has: one a token, or one a row. */
  partsOf({ batch }: { batch: boolean }, { B, T }: Size): number {
    return batch || this.kernel.per === 'token' ? B * T : B
  }

  /** Standard normal values of every input. */
  draw({ B, T }: Size, seed: number, scale = 1): Record<string, Float32Array> {
    const rng = new Rng(seed, this.kernel.name)
    return Object.fromEntries(
      this.kernel.inputs.map(({ name, size, batch }) => [name, Float32Array.from({ length: batch ? B * T * size : size }, () => scale * rng.normal())]),
    )
  }

  /** Standard normal values of the output's shape. */
  drawOutput({ B, T }: Size, seed: number): Float32Array {
    const rng = new Rng(seed, 'dy')
    return Float32Array.from({ length: B * T * this.kernel.size }, () => rng.normal())
  }

  private lowerForward(size: Size): Lowering {
    return customForward({ kernel: this.kernel, ...size, names: this.read(this.kernel.forward) }, this.opened.caps, true)
  }

  private lowerBackward(size: Size): Lowering {
    const grads = this.kernel.inputs.map(({ name }) => name)
    const y = calls(this.kernel.backward, 'get_y')
    return customBackward({ kernel: this.kernel, ...size, names: this.read(this.kernel.backward), grads, y }, this.opened.caps, true)
  }

  private read(text: KernelText): string[] {
    return inputsRead(this.kernel, text).map((i) => this.kernel.inputs[i].name)
  }

  private run(lowering: Lowering, values: Values, outputs: Record<string, number>, { B, T }: Size, stale: number) {
    const inputs = Object.fromEntries(Object.entries(values).map(([name, data]) => [`in_${name}`, data]))
    const count = this.kernel.lanes * (this.kernel.per === 'row' ? B : B * T)
    return runCustom(this.opened.device, lowering, inputs, { ...outputs, out_faults: count }, { stale, patience: this.patience })
  }

  private verdict({ buffers, faults }: Awaited<ReturnType<typeof runCustom>>, values: Values): { fault: string | null; touched: string | null } {
    const { lanes, trips } = this.kernel
    const at = faults.findIndex((fault) => fault !== 0)
    const who = at < 0 ? '' : ` (${this.kernel.per} ${Math.floor(at / lanes)}${lanes > 1 ? `, lane ${at % lanes}` : ''})`
    const told = at < 0 ? null : faults[at] & 1 ? `a call used up its ${trips} loop iterations${who}` : `a call wrote an element that is not its lane's${who}`
    const touched = Object.entries(values).find(([name, data]) => buffers[`in_${name}`] && !isSame(buffers[`in_${name}`], data))
    return { fault: told, touched: touched?.[0] ?? null }
  }
}

/** The same bits, from one element to another. */
export function isSame(a: Float32Array, b: Float32Array, from = 0, to = a.length): boolean {
  const [x, y] = [a, b].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length))
  for (let i = from; i < to; i++) if (x[i] !== y[i]) return false
  return a.length === b.length
}
