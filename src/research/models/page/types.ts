// What the lab worker asks of the worker in which a model runs, and what it is told.

import type { LabErrorJson } from '../../../core/errors'

/** Which model, and where its files are: `${address}/${model}/resolve/main/…`, as on Hugging Face. */
export interface PageModelSpec {
  model: string
  /** without a slash at its end */
  address: string
  /** default: the model's own */
  temperature?: number
  /** default: WebGPU where there is a real adapter, else the processor */
  device?: PageDevice
}

export type PageDevice = 'webgpu' | 'wasm'

export interface LoadProgress {
  /** of all files asked for so far; the total grows as files become known, and is null while one does not say */
  receivedBytes: number
  totalBytes: number | null
}

export interface LoadedModel {
  device: PageDevice
  /** how its weights are stored: 'q4f16', 'q4', 'fp32', … */
  dtype: string
  /** tokens that it was made for, prompt and answer together */
  contextTokens: number
  bytes: number
  /** why it has to be fetched again next time (store.quota); null when its files are kept */
  notKept: LabErrorJson | null
}

export interface GenerateRequest {
  system: string
  prompt: string
  maxOutputTokens: number
}

export interface Generated {
  text: string
  inputTokens: number
  outputTokens: number
  /** it had said all; the limit was reached; it was interrupted */
  end: 'said' | 'limit' | 'interrupted'
}

/** Exposed by the model's worker. One call of `load`, then one `generate` at a time. */
export interface PageModelEngine {
  /** @throws LabError controller.offline; controller.refused (too large, no such model); gpu.oom */
  load(spec: PageModelSpec, onProgress: (progress: LoadProgress) => void): Promise<LoadedModel>
  /** @throws LabError controller.refused when prompt and answer do not fit; gpu.oom, gpu.lost */
  generate(request: GenerateRequest, onText: (delta: string) => void): Promise<Generated>
  /** Ends `generate` at the next token. */
  interrupt(): Promise<void>
  /** Forgets the files that are kept of a model. */
  forget(spec: PageModelSpec): Promise<void>
}
