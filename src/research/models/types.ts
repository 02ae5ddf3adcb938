// A language model as the lab sees it: text in, text out, and what it cost. Who answers (a provider, a program on this
// machine, a model in the page, a person with a chat window) is the client's business.

import type { z } from 'zod'

export type Provider =
  | 'anthropic'
  | 'openai'
  | 'google'
  | 'openrouter'
  /** any address that speaks OpenAI's protocol */
  | 'compatible'
  /** programs on this person's machine */
  | 'ollama'
  | 'lmstudio'
  | 'llamacpp'
  /** the browser's own Prompt API */
  | 'browser'
  /** a model run in the page by transformers.js */
  | 'page'
  /** a person carries the prompt to any chat and the answer back */
  | 'paste'

/** Which model, and where: no key is ever part of it, so it may be recorded, exported and shared. */
export interface ModelSpec {
  provider: Provider
  /** as the provider calls it; '' where there is only one */
  model: string
  /** base address, where the provider does not fix it */
  address?: string
  temperature?: number
  /** tokens that prompt and answer may have together, where the person or the server's list says more than the provider's usual figure */
  contextTokens?: number
  /** in the page: its memory is given back before each run, and it is loaded again for the next proposal */
  release?: boolean
}

/** Limits of one lab; null is none. A request that could pass one is not sent. */
export interface ModelCaps {
  requests: number | null
  tokens: number | null
  usd: number | null
}

/** What answers cost. `usd` is null where the price is not known. */
export interface Cost {
  requests: number
  inputTokens: number
  outputTokens: number
  usd: number | null
  wallMs: number
}

export const NO_COST: Cost = { requests: 0, inputTokens: 0, outputTokens: 0, usd: 0, wallMs: 0 }

export interface ModelRequest {
  system: string
  prompt: string
  /** sent along where the provider can hold its answer to it; the reply is parsed outside in any case */
  schema?: z.ZodType
  maxOutputTokens: number
  /** what was wrong with the last answer, where this is the one repair: for a person's eyes, the prompt says it, too */
  problem?: string
  signal: AbortSignal
  /** the answer as it comes, for show only: where a request is sent again it begins anew in the middle */
  onText?: (delta: string) => void
  /** what each request of it cost, as soon as that is known: also of one that failed, or that nobody waited for */
  onCost?: (cost: Cost) => void
}

export interface ModelReply {
  text: string
  /** it ended at `maxOutputTokens`, not of itself */
  cut?: true
  /** counted by the provider, or estimated where it does not say */
  cost: Cost
}

/**
 * @throws LabError controller.offline | refused | limit | cap | badReply, its cost in its data (../spending.ts);
 *   the signal's reason when it is aborted
 */
export interface ModelClient {
  /** as rows name it: 'claude-sonnet-5', 'ollama/qwen3', 'a chat, pasted' */
  readonly name: string
  /** tokens that prompt and answer may have together */
  readonly contextTokens: number
  complete(request: ModelRequest): Promise<ModelReply>
}

/** How a lab uses a model. */
export interface ResearcherSpec {
  model: ModelSpec
  /** knobs: values only, the way for small models; code: search/replace blocks or a whole file */
  edits: 'knobs' | 'code'
  caps: ModelCaps
  /** hybrid only: share of trials that are the model's, 0 … 0.5 */
  ratio: number
  /** hybrid only: who proposes the others */
  sampler: string
  /** who proposes while the model cannot be reached; null: the lab waits for the person */
  standIn: string | null
}
