// The one way in which the lab asks a language model over a network, whoever makes it.

import type { LanguageModelV3 } from '@ai-sdk/provider'
import { LabError } from '../../core/errors'
import { addCosts } from '../spending'
import { LIMITS, openWatch, readAnswer } from './answer'
import type { Answer, Limits } from './answer'
import { REAL_CLOCK } from './clock'
import type { Clock } from './clock'
import { boundedFetch, Failure } from './exchange'
import type { Fetch } from './exchange'
import { errorOf, keyMissing } from './failures'
import type { KeySource } from './keys'
import { placeOf } from './offline'
import type { Browser } from './offline'
import { priceOf, usdOf } from './prices'
import { factsOf } from './providers'
import { PATIENCE, withRetries } from './retry'
import type { Patience } from './retry'
import { openModel } from './sdk'
import { baseAddress, readModelSpec } from './spec'
import { withCost } from './spending'
import type { Spending } from './spending'
import { NO_COST } from './types'
import type { Cost, ModelClient, ModelReply, ModelRequest, ModelSpec } from './types'

export interface ClientDeps {
  keys: KeySource
  spending: Spending
  /** the page's origin and its browser; null outside a page */
  page: { origin: string; browser: Browser } | null
  fetch?: Fetch
  clock?: Clock
  /** uniform in [0, 1) */
  random?: () => number
  limits?: Partial<Limits>
  patience?: Partial<Patience>
}

/** Between two answers in one stream that is shown. */
const AGAIN = '\n\n[The connection was lost; asking again.]\n\n'

/**
 * A client for a model behind HTTP. Nothing is loaded or sent before the first request.
 * @throws LabError "import.invalid" for a spec that names no such model
 */
export function createModelClient(given: ModelSpec, deps: ClientDeps): ModelClient {
  const spec = readModelSpec(given)
  const address = baseAddress(spec)
  if (address === null) throw new LabError('lab.internal', `${spec.provider} is not asked over a network.`)
  const facts = factsOf(spec.provider)
  const { fetch = globalThis.fetch, clock = REAL_CLOCK, random = Math.random } = deps
  const limits = { ...LIMITS, ...deps.limits }
  const patience = { ...PATIENCE, ...deps.patience }
  const place = placeOf(spec, address, deps.page?.origin ?? null, deps.page?.browser)
  const price = priceOf(spec)
  /** until the server shows that it takes none */
  let takesSchema = true

  async function once(request: ModelRequest, key: string | null, count: (cost: Cost) => void): Promise<Answer> {
    const promptTokens = estimate(request)
    const settle = deps.spending.reserve(worstOf(request, price))
    const began = clock.now()
    const watch = openWatch(request.signal, limits, clock)
    let received = 0
    const book = (tokens: { input: number; output: number }, usd: number | null) => {
      const cost = { requests: 1, inputTokens: tokens.input, outputTokens: tokens.output, usd, wallMs: clock.now() - began }
      settle(cost)
      count(cost)
      request.onCost?.(cost)
    }
    try {
      const bounded = boundedFetch(fetch, limits.bytes, watch.alive)
      const model: LanguageModelV3 = await openModel(spec, { address: place.address, key, fetch: bounded, isPage: deps.page !== null })
      const answer = await readAnswer(model, request, takesSchema, {
        temperature: spec.temperature,
        signal: watch.signal,
        limits,
        onText(delta) {
          received += delta.length
          request.onText?.(delta)
        },
        onThought(delta) {
          received += delta.length
        },
      })
      const tokens = answer.tokens ?? { input: promptTokens, output: tokensOf(received) }
      book(tokens, answer.usd ?? usdOf(price, tokens.input, tokens.output))
      return answer
    } catch (thrown) {
      // what was refused, or never got there, costs nothing; what broke off may well have
      const isFree = thrown instanceof Failure && (thrown.kind === 'status' || thrown.kind === 'network') && received === 0
      const tokens = isFree ? { input: 0, output: 0 } : { input: promptTokens, output: tokensOf(received) }
      book(tokens, usdOf(price, tokens.input, tokens.output) ?? (isFree ? 0 : null))
      throw thrown
    } finally {
      watch.close()
    }
  }

  return {
    name: nameOf(spec),
    contextTokens: spec.contextTokens ?? facts.contextTokens,
    async complete(request): Promise<ModelReply> {
      request.signal.throwIfAborted()
      const key = await deps.keys.key(spec.provider, place.origin)
      if (key === null && facts.needsKey) throw keyMissing(place)
      let cost = NO_COST
      const attempt = () => once(request, key, (more) => (cost = addCosts(cost, more)))
      const surroundings = { clock, random, signal: request.signal, onWait: () => request.onText?.(AGAIN) }
      try {
        const answer = await withRetries(attempt, patience, surroundings).catch((thrown: unknown) => {
          // servers that know no schemas refuse the request: the answer is parsed outside in any case
          if (!takesSchema || !request.schema || !isUnderstanding(thrown)) throw thrown
          takesSchema = false
          return withRetries(attempt, patience, surroundings).catch((again: unknown) => {
            takesSchema = true // it was something else
            throw again
          })
        })
        return { text: answer.text, cost, ...(answer.cut && { cut: true }) }
      } catch (thrown) {
        request.signal.throwIfAborted()
        throw withCost(thrown instanceof Failure ? await errorOf(thrown, place, key) : thrown, cost)
      }
    },
  }
}

/** A refusal that may be of the schema. */
const isUnderstanding = (thrown: unknown): boolean => thrown instanceof Failure && [400, 415, 422, 501].includes(thrown.status ?? 0)

/** As rows name it: a provider that only passes on, or runs what anybody made, is named, too. */
function nameOf({ provider, model }: ModelSpec): string {
  const name = model === '' ? 'model' : model
  return ['anthropic', 'openai', 'google'].includes(provider) ? name : `${provider}/${name}`
}

const sizeOf = ({ system, prompt, schema }: ModelRequest): number => new TextEncoder().encode(system + prompt).length + (schema ? 2000 : 0)

/** A token is about four bytes of English or code. */
const tokensOf = (bytes: number): number => Math.ceil(bytes / 4)
const estimate = (request: ModelRequest): number => tokensOf(sizeOf(request))

/** Rarely less than two bytes a token; an answer is never longer than was asked for. */
function worstOf(request: ModelRequest, price: ReturnType<typeof priceOf>) {
  const inputTokens = Math.ceil(sizeOf(request) / 2)
  const outputTokens = request.maxOutputTokens
  return { inputTokens, outputTokens, usd: usdOf(price, inputTokens, outputTokens) }
}
