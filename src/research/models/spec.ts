// Which model, read strictly: a spec may come from a link, an imported lab or the command line.

import { z } from 'zod'
import { LabError } from '../../core/errors'
import { factsOf } from './providers'
import type { ModelSpec, ResearcherSpec } from './types'

const provider = z.enum(['anthropic', 'openai', 'google', 'openrouter', 'compatible', 'ollama', 'lmstudio', 'llamacpp', 'browser', 'page', 'paste'])
const cap = z.number().nonnegative().max(1e12).nullable()

/** Printable, so that it can stand in a row, a commit and an address. */
export const modelName = z.string().min(1).max(200).regex(/^[\p{L}\p{N}\p{P}\p{S} ]*$/u)
/** Tokens that prompt and answer may have together. */
export const contextTokens = z.number().int().min(512).max(10_000_000)

const modelSpecSchema = z.strictObject({
  provider,
  model: z.union([z.literal(''), modelName]),
  address: z.string().max(500).optional(),
  temperature: z.number().min(0).max(2).optional(),
  contextTokens: contextTokens.optional(),
  release: z.boolean().optional(),
}) satisfies z.ZodType<ModelSpec>

const researcherSpecSchema = z.strictObject({
  model: modelSpecSchema,
  edits: z.enum(['knobs', 'code']),
  caps: z.strictObject({ requests: cap, tokens: cap, usd: cap }),
  ratio: z.number().min(0).max(0.5),
  sampler: z.string().max(40),
  standIn: z.string().max(40).nullable(),
}) satisfies z.ZodType<ResearcherSpec>

/** @throws LabError "import.invalid" naming the field */
export function readModelSpec(value: unknown): ModelSpec {
  const spec = readModelPlace(value)
  if (spec.model === '' && factsOf(spec.provider).needsModel) throw invalid('No model is named.', 'Write the name of the model as its provider calls it.')
  return spec
}

/** The same where a model need not be named yet. @throws LabError "import.invalid" naming the field */
export function readModelPlace(value: unknown): ModelSpec {
  const parsed = modelSpecSchema.safeParse(value)
  if (!parsed.success) throw invalid(`The model cannot be read: ${wordsOf(parsed.error)}.`, 'Choose provider and model again.')
  baseAddress(parsed.data)
  return parsed.data
}

/** @throws LabError "import.invalid" naming the field */
export function readResearcherSpec(value: unknown): ResearcherSpec {
  const parsed = researcherSpecSchema.safeParse(value)
  if (!parsed.success) throw invalid(`The researcher cannot be read: ${wordsOf(parsed.error)}.`, 'Choose the model and its limits again.')
  readModelSpec(parsed.data.model)
  return parsed.data
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Whether an address is of this very machine. */
export const isLoopback = (address: string): boolean => LOOPBACK.test(new URL(address).hostname)

/**
 * The base address of a model's provider, without a slash at its end; null for a model that needs none.
 * A provider with a fixed address can be had elsewhere only on this machine (a proxy): nobody's link may send a key away.
 * @throws LabError "import.invalid"
 */
export function baseAddress(spec: ModelSpec): string | null {
  const facts = factsOf(spec.provider)
  if (!facts.family) return null
  const given = spec.address?.trim() || facts.address
  if (!given) throw invalid('No address is given.', 'Write the address of the server, like https://example.org/v1.')
  const url = URL.canParse(given) ? new URL(given) : null
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid(`"${given.slice(0, 80)}" is no address.`, 'It begins with https:// or http://.')
  if (url.username || url.password || url.search || url.hash) {
    throw invalid('The address of a model carries more than host and path.', 'Leave out names, passwords and whatever follows ? or #; a key has a field of its own.')
  }
  if (facts.isFixed && spec.address !== undefined && !isLoopback(given) && url.origin !== new URL(facts.address ?? '').origin) {
    throw invalid(`${facts.label} is not at ${url.origin}.`, 'Choose "compatible" for a server of another address, and give it a key of its own.')
  }
  // what people copy is often the bare host; the protocol lives under /v1
  const path = url.pathname.replace(/\/+$/, '')
  return `${url.origin}${path === '' && facts.family === 'compatible' ? '/v1' : path}`
}

function wordsOf(error: z.ZodError): string {
  const { path, message } = error.issues[0]
  return path.length === 0 ? message : `${path.join('.')}: ${message}`
}

function invalid(message: string, hint: string): LabError {
  return new LabError('import.invalid', message, { hint })
}
