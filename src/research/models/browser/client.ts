// The browser's own model as the lab asks it: across the page, in turns with what is measured.

import { z } from 'zod'
import { LabError } from '../../../core/errors'
import type { Turns } from '../turns'
import type { ModelClient, ModelRequest, ModelSpec } from '../types'
import type { BrowserAnswer, BrowserModel } from './types'

/** Chrome's model on most machines; the session says it exactly. */
const LIKELY_CONTEXT = 6000

export interface BrowserClientDeps {
  model: BrowserModel
  turns: Turns
  newId(): string
}

/** The browser's own model. A temperature is not sent: pages may not choose it. */
export function createBrowserClient(spec: ModelSpec, { model, turns, newId }: BrowserClientDeps): ModelClient {
  let contextTokens = spec.contextTokens ?? LIKELY_CONTEXT

  async function ask({ system, prompt, schema, maxOutputTokens, onText }: ModelRequest, signal: AbortSignal): Promise<BrowserAnswer> {
    signal.throwIfAborted()
    const id = newId()
    const stop = () => void model.stop(id).catch(() => undefined) // a page that is gone needs none
    signal.addEventListener('abort', stop, { once: true })
    try {
      const question = { id, system, prompt, schema: schema ? jsonSchema(schema) : null, maxOutputTokens }
      const answer = await model.ask(question, (delta) => {
        if (!signal.aborted) onText?.(delta)
      })
      signal.throwIfAborted()
      contextTokens = spec.contextTokens ?? (await model.contextTokens()) ?? contextTokens
      return answer
    } catch (thrown) {
      signal.throwIfAborted()
      throw LabError.from(thrown)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  return {
    name: 'browser/model',
    get contextTokens() {
      return contextTokens
    },
    async complete(request) {
      const begun = performance.now()
      const { text, cut, inputTokens, outputTokens } = await turns.speak(request.signal, (signal) => ask(request, signal))
      return { text, ...(cut && { cut: true }), cost: { requests: 1, inputTokens, outputTokens, usd: 0, wallMs: performance.now() - begun } }
    },
  }
}

/** Null for what JSON Schema cannot say: the answer is parsed outside in any case. */
function jsonSchema(schema: z.ZodType): object | null {
  try {
    return z.toJSONSchema(schema)
  } catch {
    return null // a transform, a date: nothing that a model could be held to
  }
}
