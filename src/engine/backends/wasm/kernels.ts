// The kernels as functions. Threads need no more than this: they are sent the compiled module.

/** Exports of assembly/index.ts. Each is called fn(begin, end, …pointers, …integers, …floats). */
export const KERNEL_NAMES = [
  'matmul', 'attention', 'attentionGradQ', 'attentionGradKV', 'rmsNorm', 'rmsScale', 'rmsNormGrad', 'layerNorm',
  'layerNormGrad', 'softmax', 'softmaxGrad', 'crossEntropy', 'rope', 'elementwise', 'copy', 'fill', 'reduceRows',
  'reduceColumns', 'embedding', 'embeddingGrad', 'shift', 'conv', 'convWeightGrad', 'dropout', 'squares', 'gradNorm',
  'update', 'muonMomentum', 'muonNormalize', 'muonSecond', 'muonRatio', 'muonApply',
] as const // prettier-ignore

export type KernelName = (typeof KERNEL_NAMES)[number]
export type Kernels = Record<KernelName, (begin: number, end: number, ...rest: number[]) => void>

/** Kernels over a memory; it must be shared if and only if the module was compiled so. */
export async function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } })
  return exports as Kernels
}
