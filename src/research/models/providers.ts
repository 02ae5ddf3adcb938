// What is known of each provider before anything is sent to it.

import { pricedModels } from './prices'
import type { Provider } from './types'

export interface ProviderFacts {
  label: string
  /** whose protocol it speaks; null where nothing goes over a network */
  family: 'anthropic' | 'openai' | 'google' | 'compatible' | null
  /** base address; null where the person gives one */
  address: string | null
  /** the address is the provider's own: a key for it may not go elsewhere */
  isFixed: boolean
  needsKey: boolean
  needsModel: boolean
  /** models known by name */
  models: string[]
  /** tokens of prompt and answer together where nothing more is known; local servers are often started with little */
  contextTokens: number
  /** environment variables that hold a key by custom */
  keyVariables: string[]
}

const cloud = (label: string, family: ProviderFacts['family'], address: string, contextTokens: number, models: string[], keyVariables: string[]): ProviderFacts => ({
  label, family, address, isFixed: true, needsKey: true, needsModel: true, models, contextTokens, keyVariables,
}) // prettier-ignore

const local = (label: string, port: number, contextTokens: number): ProviderFacts => ({
  label, family: 'compatible', address: `http://localhost:${port}/v1`, isFixed: false, needsKey: false,
  needsModel: label !== 'llama.cpp', models: [], contextTokens, keyVariables: [],
}) // prettier-ignore

const inPage = (label: string, contextTokens: number): ProviderFacts => ({
  label, family: null, address: null, isFixed: false, needsKey: false, needsModel: false, models: [], contextTokens, keyVariables: [],
}) // prettier-ignore

const FACTS: Record<Provider, ProviderFacts> = {
  anthropic: cloud('Anthropic', 'anthropic', 'https://api.anthropic.com/v1', 200_000, pricedModels('anthropic'), ['ANTHROPIC_API_KEY']),
  openai: cloud('OpenAI', 'openai', 'https://api.openai.com/v1', 128_000, pricedModels('openai'), ['OPENAI_API_KEY']),
  google: cloud('Google', 'google', 'https://generativelanguage.googleapis.com/v1beta', 1_000_000, pricedModels('google'), [
    'GOOGLE_GENERATIVE_AI_API_KEY',
    'GEMINI_API_KEY',
  ]),
  openrouter: cloud('OpenRouter', 'compatible', 'https://openrouter.ai/api/v1', 64_000, [], ['OPENROUTER_API_KEY']),
  compatible: { ...local('The server', 0, 32_000), address: null },
  ollama: local('Ollama', 11434, 4096),
  lmstudio: local('LM Studio', 1234, 8192),
  llamacpp: local('llama.cpp', 8080, 8192),
  browser: inPage('The browser’s model', 6000),
  page: inPage('The model in the page', 4096),
  paste: inPage('A chat, by hand', 100_000),
}

export const PROVIDERS = Object.keys(FACTS) as Provider[]

/** What is known of a provider. */
export const factsOf = (provider: Provider): ProviderFacts => FACTS[provider]
