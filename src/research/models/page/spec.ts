// Which model in the page, read strictly: a spec may come from a link.

import { LabError } from '../../../core/errors'
import type { ModelSpec } from '../types'
import type { PageModelSpec } from './types'

const HUGGING_FACE = 'https://huggingface.co'

/** A name on Hugging Face: one part or two, nothing that could lead out of its folder. */
const NAME = /^(?!.*(\.\.|--))[\w][\w.-]{0,95}(\/[\w][\w.-]{0,95})?$/

/** @throws LabError "import.invalid" */
export function pageModelSpec({ model, address, temperature }: ModelSpec): PageModelSpec {
  if (!NAME.test(model)) {
    throw new LabError('import.invalid', model === '' ? 'No model is named.' : `"${model.slice(0, 80)}" is no name of a model.`, {
      hint: 'Write it as Hugging Face does: onnx-community/Qwen3-0.6B-ONNX.',
    })
  }
  const given = address?.trim() || HUGGING_FACE
  const url = URL.canParse(given) ? new URL(given) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new LabError('import.invalid', `"${given.slice(0, 80)}" is no address of models.`, {
      hint: `Leave it empty for ${HUGGING_FACE}, or give the address of a server with the same paths.`,
    })
  }
  return { model, address: url.href.replace(/\/+$/, ''), temperature }
}
