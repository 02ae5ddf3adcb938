// What went wrong with a model in the page, by a name and with what to do about it.

import { LabError } from '../../../core/errors'
import type { PageModelSpec } from './types'

const SMALLER = 'Choose a smaller model, or let a program on this machine (Ollama, LM Studio, llama.cpp) or a provider answer.'

/** Why a model could not be loaded. Whatever stands between the page and the model makes it one that is not to be had. */
export function loadError(thrown: unknown, spec: PageModelSpec): LabError {
  if (thrown instanceof LabError && !/^(data|store)\./.test(thrown.code)) return thrown
  if (thrown instanceof LabError) {
    const data = { ...thrown.data, reason: thrown.code }
    return new LabError('controller.offline', `${spec.model} could not be loaded: ${thrown.message}`, { hint: thrown.hint, data, cause: thrown })
  }
  const failure = thrown as { name?: string; status?: number | null }
  if (failure.name === 'ModelFileNotFoundError') return notFound(spec, failure.status ?? null, thrown)
  return runtimeError(thrown)
}

function notFound({ model, address }: PageModelSpec, status: number | null, cause: unknown): LabError {
  const { host } = new URL(address)
  const message = status === 404 ? `${host} has no model named ${model}, or not all of its files.` : `${host} does not give ${model} to everybody.`
  const hint = 'Give the name of a public model that is stored for ONNX, such as onnx-community/Qwen3-0.6B-ONNX.'
  return new LabError('controller.refused', message, { hint, data: { status }, cause })
}

export function noWeights(model: string, available: string[]): LabError {
  const has = available.length === 0 ? 'no weights for ONNX' : `weights only as ${available.join(', ')}`
  return new LabError('controller.refused', `${model} has ${has}, which cannot be run here.`, {
    hint: 'Choose a model that is stored for ONNX in four or eight bits; those of onnx-community are.',
  })
}

export const tooLong = (inputTokens: number, outputTokens: number, contextTokens: number): LabError =>
  new LabError('controller.refused', `The prompt has ${inputTokens} tokens and the answer may have ${outputTokens}, but this model reads ${contextTokens} in all.`, {
    hint: 'Choose a model with a longer context, or let this one change knobs only.',
    data: { inputTokens, outputTokens, contextTokens },
  })

/** A failure of ONNX Runtime or of the device below it. */
export function runtimeError(thrown: unknown): LabError {
  if (thrown instanceof LabError) return thrown
  const message = thrown instanceof Error ? thrown.message : `ONNX Runtime stopped with ${String(thrown)}.`
  const said = message.slice(0, 400)
  // a bare number is an exception of its C++, which is nearly always one of memory
  if (typeof thrown === 'number' || /out of memory|bad_alloc|allocat|memory access/i.test(message)) {
    return new LabError('gpu.oom', `There is not enough memory for this model: ${said}`, { hint: SMALLER, cause: thrown })
  }
  if (/device.*(lost|destroyed)/i.test(message)) {
    return new LabError('gpu.lost', `The graphics device was lost while the model answered: ${said}`, { hint: 'The model is loaded again with the next question.', cause: thrown })
  }
  return new LabError('controller.offline', `The model cannot be run: ${said}`, { hint: SMALLER, cause: thrown })
}
