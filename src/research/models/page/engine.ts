// A language model in this worker, by transformers.js on ONNX Runtime: WebGPU where there is a real adapter, else
// WebAssembly on the processor's threads. Ending the worker is what gives all of its memory back.

import { AutoModelForCausalLM, AutoTokenizer, env, InterruptableStoppingCriteria, ModelRegistry, TextStreamer } from '@huggingface/transformers'
import type { DataType, PreTrainedModel, PreTrainedTokenizer } from '@huggingface/transformers'
import { LabError } from '../../../core/errors'
import type { ByteCache } from '../../../data/byteCache'
import { loadError, noWeights, runtimeError, tooLong } from './failures'
import { openModelFiles } from './files'
import type { ModelFiles } from './files'
import type { Generated, PageDevice, PageModelEngine, PageModelSpec } from './types'

export interface EngineHost {
  cache(): Promise<ByteCache>
  /** a real adapter, its features known; null where there is none worth using */
  adapter(): Promise<{ f16: boolean } | null>
  /** addresses of ONNX Runtime's module and its WebAssembly */
  runtime: { mjs: string; wasm: string }
  threads: number
}

/** Weights that a device runs well, best first; the first that the model comes in is taken. */
const DTYPES: Record<PageDevice | 'webgpu-f16', DataType[]> = {
  'webgpu-f16': ['q4f16', 'q4', 'fp16', 'q8', 'fp32'],
  webgpu: ['q4', 'q8', 'fp32'],
  wasm: ['q4', 'q8', 'int8', 'uint8', 'fp32'],
}

/** Prompt and answer of a model that does not say what it was made for, and of any at most: memory grows with it. */
const UNKNOWN_CONTEXT = 2048
const MOST_CONTEXT = 16_384

interface Ready {
  tokenizer: PreTrainedTokenizer
  model: PreTrainedModel
  contextTokens: number
  sampling: { do_sample?: boolean; temperature?: number }
}

/** An engine for one model, in a worker of its own. */
export function createPageEngine(host: EngineHost): PageModelEngine {
  let ready: Ready | null = null
  const stop = new InterruptableStoppingCriteria()

  return {
    async load(spec, onProgress) {
      const files = await openModelFiles(folderOf(spec), { cache: await host.cache(), onProgress })
      configure(host, spec, files)
      try {
        const adapter = spec.device === 'wasm' ? null : await host.adapter()
        const device = spec.device ?? (adapter ? 'webgpu' : 'wasm')
        const dtype = await chooseDtype(spec.model, adapter?.f16 ? 'webgpu-f16' : device)
        const [tokenizer, model] = await Promise.all([
          AutoTokenizer.from_pretrained(spec.model),
          AutoModelForCausalLM.from_pretrained(spec.model, { device, dtype }),
        ])
        hearBetweenTokens(model)
        const contextTokens = contextOf(model, tokenizer)
        ready = { tokenizer, model, contextTokens, sampling: samplingOf(spec) }
        const { bytes, notKept } = await files.finish()
        return { device, dtype, contextTokens, bytes, notKept: notKept?.toJSON() ?? null }
      } catch (thrown) {
        throw loadError(thrown, spec)
      }
    },

    async generate({ system, prompt, maxOutputTokens }, onText) {
      if (!ready) throw new LabError('lab.internal', 'No model is loaded.')
      const { tokenizer, model, contextTokens, sampling } = ready
      const inputs = encode(tokenizer, system, prompt)
      const inputTokens = inputs.input_ids.dims[1]
      if (inputTokens + maxOutputTokens > contextTokens) throw tooLong(inputTokens, maxOutputTokens, contextTokens)
      stop.reset()
      let text = ''
      let outputTokens = 0
      const streamer = new TextStreamer(tokenizer, {
        skip_prompt: true,
        callback_function(delta) {
          text += delta
          onText(delta)
        },
        token_callback_function: (tokens) => void (outputTokens += tokens.length),
      })
      try {
        // its type names every option there is as required
        const options = { ...inputs, ...sampling, max_new_tokens: maxOutputTokens, streamer, stopping_criteria: stop }
        await model.generate(options as unknown as Parameters<PreTrainedModel['generate']>[0])
      } catch (thrown) {
        throw runtimeError(thrown)
      }
      const end: Generated['end'] = stop.interrupted ? 'interrupted' : outputTokens >= maxOutputTokens ? 'limit' : 'said'
      return { text, inputTokens, outputTokens, end }
    },

    interrupt: async () => stop.interrupt(),

    async forget(spec) {
      const files = await openModelFiles(folderOf(spec), { cache: await host.cache(), onProgress: () => undefined })
      await files.forget()
    },
  }
}

const folderOf = ({ address, model }: PageModelSpec): string => new URL(`${model}/resolve/main/`, `${address}/`).href

/** Where transformers.js finds everything: files through `files` only, the runtime in our own build. */
function configure(host: EngineHost, spec: PageModelSpec, files: ModelFiles): void {
  env.fetch = files.fetch
  env.remoteHost = `${spec.address}/`
  env.allowLocalModels = false
  env.useBrowserCache = false // files.ts keeps them
  env.useWasmCache = false
  const { wasm } = env.backends.onnx
  if (!wasm) throw new LabError('lab.internal', 'ONNX Runtime came without its settings.')
  wasm.wasmPaths = host.runtime
  wasm.numThreads = host.threads
}

async function chooseDtype(model: string, device: keyof typeof DTYPES): Promise<DataType> {
  const available = await ModelRegistry.get_available_dtypes(model)
  const dtype = DTYPES[device].find((each) => available.includes(each))
  if (dtype) return dtype
  throw noWeights(model, available)
}

/**
 * On WebAssembly a whole answer is one long task, and nobody could interrupt it: so messages are heard before each token.
 */
function hearBetweenTokens(model: PreTrainedModel): void {
  const forward = model.forward.bind(model)
  const { port1, port2 } = new MessageChannel()
  model.forward = async (inputs) => {
    await new Promise((heard) => {
      port1.onmessage = heard
      port2.postMessage(null)
    })
    return forward(inputs)
  }
}

function contextOf({ config }: PreTrainedModel, { model_max_length }: PreTrainedTokenizer): number {
  const { max_position_embeddings, n_positions } = config as { max_position_embeddings?: unknown; n_positions?: unknown }
  const madeFor = [max_position_embeddings, n_positions].find((value): value is number => typeof value === 'number')
  return Math.min(madeFor ?? UNKNOWN_CONTEXT, model_max_length, MOST_CONTEXT)
}

const samplingOf = ({ temperature }: PageModelSpec): Ready['sampling'] =>
  temperature === undefined ? {} : temperature === 0 ? { do_sample: false } : { do_sample: true, temperature }

/** As the model's own chat template has it; a model without one is given the plain text. */
function encode(tokenizer: PreTrainedTokenizer, system: string, prompt: string) {
  if (!tokenizer.chat_template) return tokenizer(`${system}\n\n${prompt}\n\n`)
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: prompt },
  ]
  // Qwen's template: without it the model thinks aloud for longer than it may speak
  const options = { add_generation_prompt: true, return_dict: true as const, enable_thinking: false }
  return tokenizer.apply_chat_template(messages, options)
}
