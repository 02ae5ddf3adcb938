// One answer of one model, as a stream read to its end, within limits of time and size.

import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3StreamPart, LanguageModelV3Usage } from '@ai-sdk/provider'
import { z } from 'zod'
import type { Clock } from './clock'
import { Failure } from './exchange'
import type { ModelRequest } from './types'

export interface Limits {
  /** until the first byte: a local server may have to load the model, a large one may think */
  firstMs: number
  /** between bytes */
  idleMs: number
  totalMs: number
  /** of the whole response as it comes over the wire, and of its text */
  bytes: number
  characters: number
}

export const LIMITS: Limits = { firstMs: 180_000, idleMs: 60_000, totalMs: 900_000, bytes: 16 * 2 ** 20, characters: 400_000 }

export interface Answer {
  text: string
  cut: boolean
  /** as the provider counts; null where it does not */
  tokens: { input: number; output: number } | null
  /** US dollars, where the provider says what it took */
  usd: number | null
}

/** Ends what is under way when time is up. */
export interface Watch {
  readonly signal: AbortSignal
  /** the server is alive: from now on `idleMs` count */
  alive(): void
  close(): void
}

/** A watch over one exchange, which also ends with `parent`. */
export function openWatch(parent: AbortSignal, { firstMs, idleMs, totalMs }: Pick<Limits, 'firstMs' | 'idleMs' | 'totalMs'>, clock: Clock): Watch {
  const stop = new AbortController()
  const onParent = () => stop.abort(parent.reason)
  parent.addEventListener('abort', onParent, { once: true })
  if (parent.aborted) onParent()
  const expire = (kind: 'silence' | 'slow', ms: number) => () => stop.abort(new Failure(kind, `${Math.round(ms / 1000)} s`))
  const endTotal = clock.after(totalMs, expire('slow', totalMs))
  let endIdle = clock.after(firstMs, expire('silence', firstMs))
  return {
    signal: stop.signal,
    alive() {
      endIdle()
      endIdle = clock.after(idleMs, expire('silence', idleMs))
    },
    close() {
      endTotal()
      endIdle()
      parent.removeEventListener('abort', onParent)
    },
  }
}

/**
 * Asks once and reads the answer.
 * @param withSchema whether the request's schema is sent along
 * @param onText told every piece of text
 * @param onThought told every piece of what it thinks before: no part of the answer, but paid for
 * @throws Failure; the reason of `signal` when it is aborted
 */
export async function readAnswer(
  model: LanguageModelV3,
  request: ModelRequest,
  withSchema: boolean,
  { temperature, signal, limits, onText, onThought }: {
    temperature: number | undefined
    signal: AbortSignal
    limits: Limits
    onText: (delta: string) => void
    onThought: (delta: string) => void
  },
): Promise<Answer> {
  const options: LanguageModelV3CallOptions = {
    prompt: [
      { role: 'system', content: request.system },
      { role: 'user', content: [{ type: 'text', text: request.prompt }] },
    ],
    maxOutputTokens: request.maxOutputTokens,
    temperature,
    abortSignal: signal,
    ...(withSchema && request.schema && { responseFormat: { type: 'json', name: 'answer', schema: jsonSchemaOf(request.schema) } }),
  }
  const { stream } = await Promise.resolve(model.doStream(options)).catch((thrown: unknown) => rethrow(thrown, signal))
  const reader = stream.getReader()
  let text = ''
  try {
    for (;;) {
      const { done, value: part } = await reader.read().catch((thrown: unknown) => rethrow(thrown, signal))
      if (done) throw new Failure('garbage', 'the answer has no end')
      if (part.type === 'error') rethrow(part.error, signal)
      if (part.type === 'text-delta') {
        text += part.delta
        if (text.length > limits.characters) throw new Failure('size', `more than ${limits.characters} characters`)
        onText(part.delta)
      }
      if (part.type === 'reasoning-delta') onThought(part.delta)
      if (part.type === 'finish') return closing(part, text)
    }
  } finally {
    void reader.cancel().catch(() => undefined) // an answer that failed is not read on; one that ended has nothing left
  }
}

function closing({ finishReason, usage }: Extract<LanguageModelV3StreamPart, { type: 'finish' }>, text: string): Answer {
  if (finishReason.unified === 'content-filter') throw new Failure('declined', finishReason.raw ?? '')
  if (finishReason.unified === 'error') throw new Failure('garbage', 'the answer broke off')
  return { text, cut: finishReason.unified === 'length', ...counted(usage) }
}

function counted({ inputTokens, outputTokens, raw }: LanguageModelV3Usage): Pick<Answer, 'tokens' | 'usd'> {
  const input = inputTokens.total ?? 0
  const output = outputTokens.total ?? 0
  const usd = raw?.cost
  // a server that counts nothing at all does not count
  return { tokens: input + output > 0 ? { input, output } : null, usd: typeof usd === 'number' && usd >= 0 ? usd : null }
}

/** The same limits as the schema's where a provider can hold to them; the answer is parsed in any case. */
function jsonSchemaOf(schema: z.ZodType): NonNullable<Extract<LanguageModelV3CallOptions['responseFormat'], { type: 'json' }>['schema']> {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }) as ReturnType<typeof jsonSchemaOf>
}

const BUSY = /overloaded|rate_limit|rate limit|too many|server_error|api_error|timeout|unavailable/i

/** A Failure of whatever a provider's client threw, or said in the middle of the stream. */
function rethrow(thrown: unknown, signal: AbortSignal): never {
  // the clients wrap what they do not know
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) if (cause instanceof Failure) throw cause
  signal.throwIfAborted()
  const { statusCode, code, type, message } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<string, unknown>
  const said = typeof message === 'string' ? message : ''
  const status = [statusCode, code].map(Number).find((number) => number >= 400 && number < 600)
  if (status !== undefined) throw new Failure('status', said, status)
  if (!(thrown instanceof Error) && BUSY.test(`${String(type)} ${said}`)) throw new Failure('status', said, 503)
  throw new Failure('garbage', thrown instanceof Error ? thrown.name : said)
}
