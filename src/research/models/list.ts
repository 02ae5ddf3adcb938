// Which models a provider has: those installed on this machine, those that a server serves, those that a key may use.

import { z } from 'zod'
import { LabError } from '../../core/errors'
import { openWatch } from './answer'
import type { ClientDeps } from './client'
import { REAL_CLOCK } from './clock'
import { boundedFetch, Failure } from './exchange'
import { errorOf, keyMissing } from './failures'
import { placeOf } from './offline'
import { factsOf, type ProviderFacts } from './providers'
import { baseAddress, contextTokens, modelName, readModelPlace } from './spec'
import type { ModelSpec } from './types'

export interface ListedModel {
  /** as a request names it */
  id: string
  /** tokens that prompt and answer may have together, where the server says so */
  contextTokens: number | null
}

const LIMITS = { firstMs: 15_000, idleMs: 15_000, totalMs: 30_000 }
const MOST_BYTES = 8 * 2 ** 20
/** The largest lists have some hundreds. */
const MOST_MODELS = 5000

/**
 * The models of a provider by name, as it lists them itself. Nothing is asked of any of them, and nothing is paid for.
 * @param given what it says of a model does not matter
 * @throws LabError as ModelClient.complete; "import.invalid" for an address that is none; the signal's reason
 */
export async function listModels(given: ModelSpec, deps: Pick<ClientDeps, 'keys' | 'page' | 'fetch' | 'clock'>, signal: AbortSignal): Promise<ListedModel[]> {
  const spec = { ...readModelPlace(given), model: '' }
  const address = baseAddress(spec)
  if (address === null) throw new LabError('lab.internal', `${spec.provider} is not asked over a network.`)
  const facts = factsOf(spec.provider)
  const { fetch = globalThis.fetch, clock = REAL_CLOCK, page } = deps
  const place = placeOf(spec, address, page?.origin ?? null, page?.browser)
  const key = await deps.keys.key(spec.provider, place.origin)
  if (key === null && facts.needsKey) throw keyMissing(place)
  const watch = openWatch(signal, LIMITS, clock)
  const bounded = boundedFetch(fetch, MOST_BYTES, watch.alive)
  const headers = headersOf(facts.family, key, page !== null)
  const get: Get = async (url) => jsonOf(await bounded(url, { headers, signal: watch.signal }))
  try {
    return await (LISTS[spec.provider] ?? LISTS_OF[facts.family!])(get, address)
  } catch (thrown) {
    signal.throwIfAborted()
    throw thrown instanceof Failure ? await errorOf(thrown, place, key) : thrown
  } finally {
    watch.close()
  }
}

type Family = NonNullable<ProviderFacts['family']>
type Get = (url: string) => Promise<unknown>
type List = (get: Get, address: string) => Promise<ListedModel[]>

function headersOf(family: ProviderFacts['family'], key: string | null, isPage: boolean): Record<string, string> {
  if (family === 'anthropic') {
    return { 'x-api-key': key ?? '', 'anthropic-version': '2023-06-01', ...(isPage && { 'anthropic-dangerous-direct-browser-access': 'true' }) }
  }
  if (family === 'google') return { 'x-goog-api-key': key ?? '' }
  return key === null ? {} : { authorization: `Bearer ${key}` }
}

async function jsonOf({ body }: Response): Promise<unknown> {
  const reader = body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    text += decoder.decode(value, { stream: true })
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure('garbage', 'no JSON')
  }
}

// a server may say more of its models than is known here, and something else where a figure is meant
const room = contextTokens.optional().catch(undefined)
const envelope = z.object({ data: z.array(z.unknown()).nullable() })
const entry = z.object({
  id: modelName,
  /** LM Studio's own list */
  type: z.string().optional().catch(undefined),
  loaded_context_length: room,
  /** llama.cpp and its kin: what it was started with */
  meta: z.object({ n_ctx: room }).optional().catch(undefined),
  /** Anthropic, OpenRouter, Groq, Mistral, vLLM */
  max_input_tokens: room,
  context_length: room,
  context_window: room,
  max_context_length: room,
  max_model_len: room,
})
const googleEnvelope = z.object({ models: z.array(z.unknown()) })
const googleEntry = z.object({
  name: z.string().transform((name) => name.replace(/^models\//, '')).pipe(modelName),
  inputTokenLimit: room,
  supportedGenerationMethods: z.array(z.string()),
})

const LISTS_OF: Record<Family, List> = {
  compatible: plain,
  openai: plain,
  anthropic: (get, address) => plain(get, address, '?limit=1000'),
  async google(get, address) {
    const { models } = read(googleEnvelope, await get(`${address}/models?pageSize=1000`))
    const able = entriesOf(models, googleEntry).filter(({ supportedGenerationMethods }) => supportedGenerationMethods.includes('generateContent'))
    return able.map(({ name, inputTokenLimit }) => ({ id: name, contextTokens: inputTokenLimit ?? null }))
  },
}

/** Servers of this machine load a model with less context than it was made for: how much, they say elsewhere, if at all. */
const LISTS: Partial<Record<ModelSpec['provider'], List>> = {
  async lmstudio(get, address) {
    const own = await get(`${rootOf(address)}/api/v0/models`).catch((thrown: unknown) => {
      // an older one has no such list, and may not say so to a page
      if (thrown instanceof Failure && (thrown.status === 404 || thrown.kind === 'network')) return null
      throw thrown
    })
    if (own === null) return plain(get, address)
    const models = entriesOf(read(envelope, own).data ?? [], entry).filter(({ type }) => type !== 'embeddings')
    return models.map(({ id, loaded_context_length: loaded }) => ({ id, contextTokens: loaded ?? null }))
  },
  async llamacpp(get, address) {
    const models = await plain(get, address)
    const started = propsSchema.safeParse(await get(`${rootOf(address)}/props`).catch(orNothing))
    const tokens = started.data?.default_generation_settings.n_ctx
    return models.map(({ id, contextTokens: own }) => ({ id, contextTokens: tokens ?? own }))
  },
  async ollama(get, address) {
    const models = await plain(get, address)
    const loaded = psSchema.safeParse(await get(`${rootOf(address)}/api/ps`).catch(orNothing))
    const tokens = new Map(loaded.data?.models.map(({ name, context_length: length }) => [name, length ?? null]))
    return models.map(({ id }) => ({ id, contextTokens: tokens.get(id) ?? null }))
  },
}

const propsSchema = z.object({ default_generation_settings: z.object({ n_ctx: room }) })
const psSchema = z.object({ models: z.array(z.object({ name: z.string(), context_length: room })) })

/** That a server does not say is no failure: its list is there. */
function orNothing(thrown: unknown): null {
  if (thrown instanceof Failure) return null
  throw thrown
}

async function plain(get: Get, address: string, query = ''): Promise<ListedModel[]> {
  const { data } = read(envelope, await get(`${address}/models${query}`))
  return entriesOf(data ?? [], entry).map((model) => ({
    id: model.id,
    contextTokens: model.meta?.n_ctx ?? model.max_input_tokens ?? model.context_length ?? model.context_window ?? model.max_context_length ?? model.max_model_len ?? null,
  }))
}

/** The base address without the part that belongs to OpenAI's protocol. */
const rootOf = (address: string): string => address.replace(/\/v1$/, '')

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Failure('garbage', 'no list of models')
}

/** Those that can be read, up to a number; a name that could stand in no row is left out. */
function entriesOf<T>(list: readonly unknown[], schema: z.ZodType<T>): T[] {
  return list.slice(0, MOST_MODELS).flatMap((one) => {
    const parsed = schema.safeParse(one)
    return parsed.success ? [parsed.data] : []
  })
}
