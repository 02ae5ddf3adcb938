// The providers' clients of the AI SDK, each loaded only by who asks it. Everything is given to them outright, address
// and key included: left out, they would look for both in the environment.

import type { LanguageModelV3 } from '@ai-sdk/provider'
import type { Fetch } from './exchange'
import { factsOf } from './providers'
import type { ModelSpec } from './types'

export interface Access {
  /** base address */
  address: string
  /** null where none is needed */
  key: string | null
  fetch: Fetch
  /** in a page: Anthropic answers one only when told that it is meant */
  isPage: boolean
}

/** The model behind a spec; nothing is sent yet. */
export async function openModel(spec: ModelSpec, { address: baseURL, key, fetch, isPage }: Access): Promise<LanguageModelV3> {
  const apiKey = key ?? ''
  switch (factsOf(spec.provider).family) {
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      const headers = isPage ? { 'anthropic-dangerous-direct-browser-access': 'true' } : undefined
      return createAnthropic({ baseURL, apiKey, fetch, headers })(spec.model)
    }
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai')
      return createOpenAI({ baseURL, apiKey, fetch }).chat(spec.model)
    }
    case 'google': {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google')
      return createGoogleGenerativeAI({ baseURL, apiKey, fetch })(spec.model)
    }
    default: {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
      const shared = { name: spec.provider, baseURL, fetch, includeUsage: true, supportsStructuredOutputs: true }
      return createOpenAICompatible(key === null ? shared : { ...shared, apiKey })(spec.model)
    }
  }
}
